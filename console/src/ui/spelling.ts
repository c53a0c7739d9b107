/** Names of channels and senders whose owners do not write them as one word with a capital. */
const SPELLED = new Map([
  ["eventbridge", "Amazon EventBridge"],
  ["github", "GitHub"],
  ["hmac", "HMAC"],
  ["pagerduty", "PagerDuty"],
  ["sns", "Amazon SNS"],
  ["sqs", "Amazon SQS"],
  ["teams", "Microsoft Teams"],
]);

/** A name of the API's as people write it. */
export function spelled(name: string): string {
  const words = name.replaceAll(/[-_]/g, " ");
  return SPELLED.get(name) ?? words.charAt(0).toUpperCase() + words.slice(1);
}
