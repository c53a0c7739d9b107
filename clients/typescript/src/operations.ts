import type { paths } from "./openapi.js";

/** The API's operations, by method and path, as its OpenAPI document declares them. */

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that take a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof paths] &
  string;

export type OperationOf<M extends Method, P extends PathOf<M>> = paths[P] extends {
  [K in M]: infer O;
}
  ? O
  : never;

type Parameters<O, Kind extends string> = O extends { parameters: { [K in Kind]: infer Given } }
  ? Given
  : O extends { parameters: { [K in Kind]?: infer Given } }
    ? Given
    : never;

type Json<Content> = Content extends { content: { "application/json": infer Body } } ? Body : undefined;

/** What an operation answers on success; undefined if that has no body. */
export type AnswerOf<O> = O extends { responses: infer R }
  ? { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R]
  : never;

type BodyOf<O> = O extends { requestBody: infer B }
  ? { body: Json<B> }
  : O extends { requestBody?: infer B }
    ? [B] extends [never]
      ? object
      : { body?: Json<NonNullable<B>> }
    : object;

type PathsOf<O> = [Parameters<O, "path">] extends [never]
  ? object
  : Parameters<O, "path"> extends Record<string, unknown>
    ? { path: Parameters<O, "path"> }
    : object;

/** What a call of an operation is given. */
export type Given<O> = PathsOf<O> &
  BodyOf<O> & {
    query?: [Parameters<O, "query">] extends [never] ? never : NonNullable<Parameters<O, "query">>;
    headers?: Readonly<Record<string, string>>;
    signal?: AbortSignal;
  };

/** Arguments of a call: nothing more where an operation needs nothing. */
export type Arguments<O> = object extends Given<O> ? [given?: Given<O>] : [given: Given<O>];

/**
 * What is not sent again after a lost answer, because it would happen twice; all else is safe to
 * repeat, by itself or by its idempotency key.
 */
const NOT_REPEATABLE: ReadonlySet<string> = new Set([
  "post /events/{event_id}/replay",
  "post /notifications/configs",
  "put /notifications/configs/{config_id}",
  "patch /notifications/configs/{config_id}",
  "delete /notifications/configs/{config_id}",
  "post /notifications/configs/{config_id}/rotate-secret",
  "post /notifications/configs/{config_id}/replay",
  "post /notifications/test",
  "post /notifications/history/{delivery_id}/replay",
  "post /notifications/dead-letters/replay",
  "post /sources",
  "put /sources/{source_id}",
  "patch /sources/{source_id}",
  "delete /sources/{source_id}",
  "post /sources/{source_id}/rotate-secret",
  "post /in/{token}",
  "post /keys",
  "post /keys/{key_id}/rotate",
  "post /tenants/{tenant}/keys",
  "post /tenants/{tenant}/console-links",
  "post /console/session",
]);

export function isRepeatable(method: Method, path: string): boolean {
  return !NOT_REPEATABLE.has(`${method} ${path}`);
}

/** A path with its parameters filled in. */
export function filled(path: string, given: Readonly<Record<string, unknown>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given[name])));
}

/** A query of those parameters that are given. */
export function queryOf(given: Readonly<Record<string, unknown>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== null) query.append(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
