const NEXT = /<(\?[^>]*)>[^,<]*;\s*rel="?next"?/;

/** A part of a list. Only one without `next` is the last, also if it is empty. */
export interface Page<Item> {
  items: Item[];
  /** The query of the next page, such as `?cursor=…`. */
  next: string | null;
  etag: string | null;
  /** Nothing has changed since the `etag` that was sent; `items` is empty then. */
  unchanged: boolean;
}

/** The next page's query, as a list's `Link` header leads there (RFC 8288). */
export function nextOf(link: string | null): string | null {
  return NEXT.exec(link ?? "")?.[1] ?? null;
}
