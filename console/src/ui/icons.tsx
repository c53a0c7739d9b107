/** Small drawings of one line, in the colour of the text beside them; nothing is said by them alone. */

const PATHS: Readonly<Record<string, string>> = {
  overview: "M2 9l6-6 6 6M4 8v6h8V8",
  deployment: "M2 12l3-5 3 3 3-6 3 8",
  events: "M9 1L3 9h5l-1 6 6-8H8z",
  executions: "M3 3h4v4H3zM9 9h4v4H9zM5 7v4h4",
  sources: "M2 8h8M7 5l3 3-3 3M10 2h4v12h-4",
  destinations: "M6 8h8M11 5l3 3-3 3M6 2H2v12h4",
  deliveries: "M2 4h12v9H2zM2 5l6 4 6-4",
  keys: "M9 7l5-5M12 4l1 1M6 13a3 3 0 100-6 3 3 0 000 6z",
  usage: "M2 14h12M4 14V9M8 14V3M12 14V6",
  tenants: "M6 7a2.5 2.5 0 100-5 2.5 2.5 0 000 5zM1.5 14c0-3 2-4.5 4.5-4.5s4.5 1.5 4.5 4.5M11 3a2 2 0 010 4M12 10c1.7.5 2.5 2 2.5 4",
  good: "M3 8.5l3.5 3.5L13 4.5",
  bad: "M8 3v6M8 12v.5",
  waiting: "M8 4v4l3 2",
};

export function Icon({ name }: { name: string }) {
  const path = PATHS[name];
  if (path === undefined) return null;
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
