import { ApiError, errorFor, problemOf, TriggersError, UnexpectedAnswerError, UnreachableError } from "./errors.js";
import { parseExactly } from "./exact_json.js";
import { Attempts, DEFAULT_RETRY, MAY_SUCCEED_LATER, type Retry } from "./retry.js";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

export interface Settings {
  /** As the stack's output `ApiUrl`. */
  url: string;
  apiKey?: string;
  /** How long one answer may take. */
  timeoutSeconds?: number;
  retry?: Partial<Retry>;
  /** Send the key over http to another machine than this one. */
  allowHttp?: boolean;
  fetch?: typeof fetch;
}

export interface Sent {
  method: string;
  path: string;
  body?: string;
  headers?: Readonly<Record<string, string>>;
  repeatable: boolean;
  signal?: AbortSignal;
}

/** What the API answered, if it was no error. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

const texts = new WeakMap<object, string>();

/**
 * The JSON that an answer was read from, in which each number is as it was written; undefined for
 * what is no answer as a whole.
 */
export function textOf(answer: unknown): string | undefined {
  return typeof answer === "object" && answer !== null ? texts.get(answer) : undefined;
}

/** What an answer says; undefined if it has no body. */
export function read(answer: Answer): unknown {
  if (answer.text === "") return undefined;
  try {
    const value = parseExactly(answer.text);
    if (typeof value === "object" && value !== null) texts.set(value, answer.text);
    return value;
  } catch (cause) {
    throw new UnexpectedAnswerError("The answer is no JSON. Is the URL that of the API?", { cause });
  }
}

/** The API at one URL, called with one key. Never follows a redirect: the key would go with it. */
export class Transport {
  readonly url: string;
  readonly retry: Retry;
  private readonly headers: Record<string, string>;
  private readonly timeout: number;
  private readonly fetch: typeof fetch;

  constructor(settings: Settings) {
    this.url = checkedUrl(settings.url, settings.allowHttp ?? false);
    this.retry = { ...DEFAULT_RETRY, ...settings.retry };
    this.timeout = (settings.timeoutSeconds ?? 30) * 1000;
    this.fetch = settings.fetch ?? globalThis.fetch.bind(globalThis);
    this.headers = { accept: "application/json" };
    if (settings.apiKey !== undefined) {
      this.headers["authorization"] = `Bearer ${checkedKey(settings.apiKey)}`;
    }
  }

  /**
   * Send a request and give its answer; throws a `TriggersError` where there is none.
   *
   * What is not repeatable is sent again only after 429, when surely nothing was done.
   */
  async send(sent: Sent): Promise<Answer> {
    const attempts = new Attempts(this.retry, sent.signal);
    for (;;) {
      const outcome = await this.once(sent);
      if (!(outcome instanceof TriggersError)) return outcome;
      const status = outcome instanceof ApiError ? outcome.status : null;
      const mayPass = status === null ? !(outcome instanceof UnexpectedAnswerError) : MAY_SUCCEED_LATER.has(status);
      const isHarmless = sent.repeatable || status === 429;
      const askedFor = outcome instanceof ApiError ? outcome.retryAfterSeconds : null;
      if (!mayPass || !isHarmless || !(await attempts.wait(askedFor))) throw outcome;
    }
  }

  private async once(sent: Sent): Promise<Answer | TriggersError> {
    const headers = { ...this.headers, ...sent.headers };
    const timeout = AbortSignal.timeout(this.timeout);
    try {
      const response = await this.fetch(this.url + sent.path, {
        method: sent.method.toUpperCase(),
        headers: sent.body === undefined ? headers : { "content-type": "application/json", ...headers },
        body: sent.body ?? null,
        redirect: "manual",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: sent.signal === undefined ? timeout : AbortSignal.any([sent.signal, timeout]),
      });
      return outcomeOf(response, await response.text());
    } catch (cause) {
      if (sent.signal?.aborted) throw cause;
      return new UnreachableError(`${this.url} does not answer: ${reason(cause)}.`, { cause });
    }
  }
}

function outcomeOf(response: Response, text: string): Answer | TriggersError {
  const { status, headers } = response;
  if ((status >= 200 && status < 300) || status === 304) return { status, headers, text };
  if (status < 400) {
    return new UnexpectedAnswerError(
      "The answer is a redirect, and the API never sends one. Is the URL that of the API?",
    );
  }
  return errorFor(problemOf(status, headers, text));
}

function reason(cause: unknown): string {
  const error = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
}

/** The URL without its last slash; refuses one that a key must not be sent to. */
function checkedUrl(text: string, allowHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new TriggersError(`'${text}' is no URL of an API, such as https://api.example.com.`);
  }
  if (url.protocol === "http:" && !LOOPBACK.has(url.hostname) && !allowHttp) {
    throw new TriggersError(`'${text}' is not https: the API key would travel in the clear.`);
  }
  return text.replace(/\/+$/, "");
}

function checkedKey(key: string): string {
  if (!/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(key)) {
    throw new TriggersError("The API key holds characters that no key has.");
  }
  return key.trim();
}
