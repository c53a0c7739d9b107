import { type BatchResult, type Draft, postAll } from "./batch.js";
import { TriggersError, UnexpectedAnswerError } from "./errors.js";
import {
  type AnswerOf,
  type Arguments,
  filled,
  isRepeatable,
  type Method,
  type OperationOf,
  type PathOf,
  queryOf,
} from "./operations.js";
import { nextOf, type Page } from "./paging.js";
import { read, type Settings, Transport } from "./transport.js";

const KEY_HEADER = "idempotency-key";

interface Loose {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The paths whose GET answers a list. */
export type ListPath = {
  [P in PathOf<"get">]: AnswerOf<OperationOf<"get", P>> extends readonly unknown[] ? P : never;
}[PathOf<"get">];

export type ItemOf<P extends ListPath> =
  AnswerOf<OperationOf<"get", P>> extends readonly (infer Item)[] ? Item : never;

/**
 * The API at one URL, for the tenant of one key.
 *
 * Every operation of the API is there by its method and path, typed from the OpenAPI document:
 * `client.get("/events/{event_id}", { path: { event_id } })`.
 */
export class Client {
  readonly transport: Transport;

  constructor(settings: Settings) {
    this.transport = new Transport(settings);
  }

  get<P extends PathOf<"get">>(path: P, ...given: Arguments<OperationOf<"get", P>>) {
    return this.call<"get", P>("get", path, given[0]);
  }

  /** A POST of an event gets an idempotency key, if it has none, so that no retry doubles it; an error has it. */
  post<P extends PathOf<"post">>(path: P, ...given: Arguments<OperationOf<"post", P>>) {
    return this.call<"post", P>("post", path, given[0]);
  }

  put<P extends PathOf<"put">>(path: P, ...given: Arguments<OperationOf<"put", P>>) {
    return this.call<"put", P>("put", path, given[0]);
  }

  patch<P extends PathOf<"patch">>(path: P, ...given: Arguments<OperationOf<"patch", P>>) {
    return this.call<"patch", P>("patch", path, given[0]);
  }

  delete<P extends PathOf<"delete">>(path: P, ...given: Arguments<OperationOf<"delete", P>>) {
    return this.call<"delete", P>("delete", path, given[0]);
  }

  /** A page of a list; the next one by its `next`. */
  async page<P extends ListPath>(
    path: P,
    given: { path?: Record<string, string>; query?: Record<string, unknown>; next?: string; etag?: string; signal?: AbortSignal } = {},
  ): Promise<Page<ItemOf<P>>> {
    const answer = await this.transport.send({
      method: "get",
      path: filled(path, given.path) + (given.next ?? queryOf(given.query)),
      ...(given.etag !== undefined && { headers: { "if-none-match": given.etag } }),
      ...(given.signal !== undefined && { signal: given.signal }),
      repeatable: true,
    });
    const unchanged = answer.status === 304;
    const items = unchanged ? [] : read(answer);
    if (!Array.isArray(items)) {
      throw new UnexpectedAnswerError("The answer is no list. Is the URL that of the API?");
    }
    const next = nextOf(answer.headers.get("link"));
    return { items: items as ItemOf<P>[], next, etag: answer.headers.get("etag"), unchanged };
  }

  /** Every item of a list, page by page. */
  async *walk<P extends ListPath>(
    path: P,
    given: { path?: Record<string, string>; query?: Record<string, unknown>; signal?: AbortSignal } = {},
  ): AsyncGenerator<ItemOf<P>, void, undefined> {
    let next: string | null = null;
    do {
      const page: Page<ItemOf<P>> = await this.page(path, next === null ? given : { ...given, next });
      yield* page.items;
      next = page.next;
    } while (next !== null);
  }

  /**
   * Store events, a hundred in a request; what became of each, in their order. An error tells in
   * `unfinished` how far it came, with the drafts to post again.
   */
  postEvents(drafts: readonly Draft[]): Promise<BatchResult[]> {
    return postAll(this.transport, drafts);
  }

  private async call<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    given: Loose = {},
  ): Promise<AnswerOf<OperationOf<M, P>>> {
    const isEvent = method === "post" && path === "/events";
    const headers: Record<string, string> = { ...given.headers };
    const name = Object.keys(headers).find((each) => each.toLowerCase() === KEY_HEADER) ?? KEY_HEADER;
    const key = headers[name] ?? (isEvent ? crypto.randomUUID() : undefined);
    if (key !== undefined) headers[name] = inHeader(key);
    try {
      const answer = await this.transport.send({
        method,
        path: filled(path, given.path) + queryOf(given.query),
        headers,
        repeatable: isRepeatable(method, path),
        ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
        ...(given.signal !== undefined && { signal: given.signal }),
      });
      return read(answer) as AnswerOf<OperationOf<M, P>>;
    } catch (error) {
      if (isEvent && error instanceof TriggersError) error.idempotencyKey = key;
      throw error;
    }
  }
}

/** In quotes where it has a comma, for a bare one would say that the header came twice. */
function inHeader(key: string): string {
  return key.includes(",") && !/^".*"$/.test(key) ? `"${key}"` : key;
}
