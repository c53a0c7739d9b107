import { AuthenticationError, Client, type AnswerOf, type OperationOf } from "triggers-client";
import { hearDate } from "./clock";

/**
 * Who is signed in. The key is kept for this tab only, and is never in an address: it is gone when
 * the tab is closed.
 */
const STORED = "triggers.key";

export type Me = AnswerOf<OperationOf<"get", "/me">>;

export interface Session {
  client: Client;
  me: Me;
  can: (scope: string) => boolean;
  /** Aborted once the API no longer knows the key. */
  over: AbortSignal;
}

/** Kept for this tab; by this page alone where the browser keeps nothing for a page in a frame. */
const kept = new Map<string, string>();

export function storedKey(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return kept.get(STORED) ?? null;
  }
}

export function storeKey(apiKey: string): void {
  try {
    sessionStorage.setItem(STORED, apiKey);
  } catch {
    kept.set(STORED, apiKey);
  }
}

/** The API that this page belongs to: the page says it, or it is all of its address before `/console`. */
export function apiUrl(): string {
  const told = document.querySelector<HTMLMetaElement>('meta[name="triggers-api"]')?.content;
  if (told) return told.replace(/\/+$/, "");
  const path = location.pathname;
  const end = path.lastIndexOf("/console");
  return location.origin + (end < 0 ? path.replace(/\/[^/]*$/, "") : path.slice(0, end));
}

/** The console's own page, from the reference: beside it, where both are a site of their own. */
export function consoleUrl(): string {
  return document.querySelector('meta[name="triggers-api"]') === null ? "console" : ".";
}

export async function signIn(apiKey: string): Promise<Session> {
  const ending = new AbortController();
  const heard: typeof fetch = async (...asked) => {
    const answer = await fetch(...asked);
    hearDate(answer.headers);
    if (answer.status === 401) ending.abort();
    return answer;
  };
  const client = new Client({ ...thisApi(), apiKey: apiKey.trim(), fetch: heard });
  const me = await client.get("/me");
  storeKey(apiKey.trim());
  const scopes = new Set<string>(me.scopes);
  return { client, me, can: (scope) => scopes.has(scope) || (scopes.has("admin") && !NOT_IN_ADMIN.has(scope)), over: ending.signal };
}

function thisApi() {
  return { url: apiUrl(), allowHttp: true, retry: { budgetSeconds: 8 } };
}

/** What `admin` does not include. */
const NOT_IN_ADMIN: ReadonlySet<string> = new Set(["metrics:read", "operator"]);

export function signOut(): void {
  kept.clear();
  try {
    sessionStorage.removeItem(STORED);
  } catch {
    // It was never kept there.
  }
}

/** Signed in again after a reload; null if there is no key, or it is dead by now. */
export async function resume(): Promise<Session | null> {
  const key = storedKey();
  if (key === null) return null;
  try {
    return await signIn(key);
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    signOut();
    return null;
  }
}

/** The key for the token of a console link. There is no second: store it before anything else may fail. */
export async function exchange(token: string): Promise<string> {
  return (await new Client(thisApi()).post("/console/session", { body: { token } })).api_key;
}
