/**
 * The API's clock. A browser's may be minutes wrong, and whoever asked it how old something is that
 * the API has just told would warn for nothing, or not at all.
 */
let aheadMilliseconds = 0;

/** What an answer's `Date` says; without one, what was heard before stays. */
export function hearDate(headers: Headers): void {
  const told = Date.parse(headers.get("date") ?? "");
  if (!Number.isNaN(told)) aheadMilliseconds = told - Date.now();
}

/** Within a second and an answer's way; the browser's own time while nothing was heard. */
export function apiNow(): number {
  return Date.now() + aheadMilliseconds;
}
