/** How the receiver did, by the hour. */
export function DestinationHealth(_: { configId: string }) {
  return null;
}
