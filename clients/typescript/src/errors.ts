import type { Unfinished } from "./batch.js";

/** One field at fault. */
export interface Detail {
  field: string;
  message: string;
  code: string;
}

/** An error as the API words it. */
export interface Problem {
  status: number;
  /** Stable and for programs; null when the gateway answered in the API's place. */
  code: string | null;
  message: string;
  details: readonly Detail[];
  requestId: string | null;
  retryAfterSeconds: number | null;
}

/** Anything this client throws on purpose; its message is a sentence for people. */
export class TriggersError extends Error {
  /** Of an event that was posted: its key, also one that the client drew. Posted again under that, it is stored once. */
  idempotencyKey?: string | undefined;
  /** Of `postEvents`: how far it came. */
  unfinished?: Unfinished;

  override get name(): string {
    return this.constructor.name;
  }
}

/** No answer came, however often it was asked; nobody knows whether the request was done. */
export class UnreachableError extends TriggersError {}

/** What answered does not speak as the Triggers API: most likely the URL is wrong. */
export class UnexpectedAnswerError extends TriggersError {}

/** The API refused. */
export class ApiError extends TriggersError implements Problem {
  readonly status: number;
  readonly code: string | null;
  readonly details: readonly Detail[];
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem) {
    super(problem.message);
    this.status = problem.status;
    this.code = problem.code;
    this.details = problem.details;
    this.requestId = problem.requestId;
    this.retryAfterSeconds = problem.retryAfterSeconds;
  }
}

/** 400, 413, 415, 422, and what is not known yet of 4xx: the same request will be refused again. */
export class InvalidRequestError extends ApiError {}

/** 401: there is no live key behind this request. */
export class AuthenticationError extends ApiError {}

/** 403: the key is alive but may not do this. */
export class ScopeError extends ApiError {}

/** 404: this tenant has no such thing, or there is nothing at this path. */
export class NotFoundError extends ApiError {}

/** 409: not in the state it is in now. */
export class ConflictError extends ApiError {}

/** 410: the event was erased. */
export class GoneError extends ApiError {}

/** 429: too many requests, also after waiting as long as this client may. */
export class RateLimitedError extends ApiError {}

/** 500 and above: the same request may succeed later. */
export class ServerError extends ApiError {}

const BY_STATUS: Readonly<Record<number, typeof ApiError>> = {
  401: AuthenticationError,
  403: ScopeError,
  404: NotFoundError,
  409: ConflictError,
  410: GoneError,
  429: RateLimitedError,
};

/** The error for what the API said. */
export function errorFor(problem: Problem): ApiError {
  const kind = problem.status >= 500 ? ServerError : (BY_STATUS[problem.status] ?? InvalidRequestError);
  return new kind(problem);
}

/** The API's shape of an error, or the gateway's, or whatever else stood in the way. */
export function problemOf(status: number, headers: Headers, text: string): Problem {
  const told = membersOf(parsed(text));
  const requestId = textOf(told["request_id"]) ?? headers.get("x-request-id");
  return {
    status,
    ...wordsOf(told, `The API answered ${status}.`),
    requestId,
    retryAfterSeconds: retryAfterSeconds(headers),
  };
}

/** What an error says, as far as it is told in the API's shape. */
export function wordsOf(error: unknown, otherwise: string): Pick<Problem, "code" | "message" | "details"> {
  const told = membersOf(error);
  return {
    code: textOf(told["error"]),
    message: textOf(told["message"]) ?? otherwise,
    details: Array.isArray(told["details"]) ? (told["details"] as Detail[]) : [],
  };
}

function textOf(told: unknown): string | null {
  return typeof told === "string" && told !== "" ? told : null;
}

/** The members of an object; none of anything else. */
export function membersOf(told: unknown): Readonly<Record<string, unknown>> {
  return typeof told === "object" && told !== null && !Array.isArray(told) ? (told as Record<string, unknown>) : {};
}

/** How long an answer asks to wait: `4`, `4.5`, or a date, which counts from its own. */
export function retryAfterSeconds(headers: Headers): number | null {
  const text = (headers.get("retry-after") ?? "").trim();
  if (/^\d+(\.\d*)?$/.test(text)) return Number(text);
  const at = Date.parse(text);
  if (Number.isNaN(at)) return null;
  const now = Date.parse(headers.get("date") ?? "");
  return Math.max(0, (at - (Number.isNaN(now) ? Date.now() : now)) / 1000);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
