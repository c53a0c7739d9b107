import { AuthenticationError, Client, type AnswerOf, type OperationOf } from "triggers-client";

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
}

/** The API that this page belongs to: all of its address before `/console`. */
export function apiUrl(): string {
  const path = location.pathname;
  const end = path.lastIndexOf("/console");
  return location.origin + (end < 0 ? path.replace(/\/[^/]*$/, "") : path.slice(0, end));
}

export function storedKey(): string | null {
  return sessionStorage.getItem(STORED);
}

export async function signIn(apiKey: string): Promise<Session> {
  const client = new Client({ url: apiUrl(), apiKey: apiKey.trim(), allowHttp: true, retry: { budgetSeconds: 8 } });
  const me = await client.get("/me");
  sessionStorage.setItem(STORED, apiKey.trim());
  const scopes = new Set<string>(me.scopes);
  return { client, me, can: (scope) => scopes.has(scope) || (scopes.has("admin") && !NOT_IN_ADMIN.has(scope)) };
}

/** What `admin` does not include. */
const NOT_IN_ADMIN: ReadonlySet<string> = new Set(["metrics:read", "operator"]);

export function signOut(): void {
  sessionStorage.removeItem(STORED);
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

/**
 * The key for the token of a console link, which works once. The token leaves the address, and
 * with it the history, before anything else happens.
 */
export async function exchange(token: string): Promise<string> {
  history.replaceState(null, "", `${location.pathname}#/`);
  const answer = await fetch(`${apiUrl()}/console/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  const body = (await answer.json()) as { api_key?: string; message?: string };
  if (!answer.ok || body.api_key === undefined) {
    throw new Error(body.message ?? "This link was used already, or its time is over. Ask for a new one.");
  }
  return body.api_key;
}
