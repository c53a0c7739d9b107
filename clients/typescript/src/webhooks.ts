import type { Event } from "./batch.js";
import { TriggersError } from "./errors.js";
import { parseExactly } from "./exact_json.js";

const TOLERANCE_SECONDS = 300;
const SECRET_BYTES = [24, 64] as const; // as the standard says
const PUBLIC_BYTES = [32, 32] as const;

/** The push is not genuine, or too old; its message says which. */
export class WebhookVerificationError extends TriggersError {}

/** What was given to verify with is no key: the receiver's fault, whatever the push says. */
export class WebhookKeyError extends TriggersError {}

export interface Verification {
  /** `whsec_…`, or the public key `whpk_…`; while one is rotated, the old and the new one. */
  secrets: readonly string[];
  toleranceSeconds?: number;
  /** Seconds since 1970. */
  now?: number;
}

/**
 * The event of a webhook, once its signature is proven (Standard Webhooks, `v1` and `v1a`).
 *
 * `body` is the request's body as it came, before any parsing. Throws a `WebhookKeyError` if one of
 * the secrets is none, such as a variable that is not set: with an empty key, anybody could sign.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>,
  verification: Verification,
): Promise<Event> {
  const keys = await Promise.all(verification.secrets.map(keyOf));
  if (keys.length === 0) throw new WebhookKeyError("There is no key to verify with.");
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  checkAge(timestamp, verification);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = concatenated(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const signatures = header(headers, "webhook-signature").split(" ");
  for (const { kind, algorithm, key } of keys) {
    for (const signature of signatures.filter((each) => each.startsWith(kind))) {
      const raw = bytesOf(signature.slice(kind.length));
      if (raw !== null && (await crypto.subtle.verify(algorithm, key, raw, signed))) {
        return parseExactly(new TextDecoder().decode(bytes)) as Event;
      }
    }
  }
  throw new WebhookVerificationError("No signature of this webhook fits its body and your secret.");
}

function checkAge(timestamp: string, { toleranceSeconds = TOLERANCE_SECONDS, now }: Verification): void {
  if (!/^\d{1,15}$/.test(timestamp)) {
    throw new WebhookVerificationError("The header webhook-timestamp is no number of seconds.");
  }
  const age = (now ?? Date.now() / 1000) - Number(timestamp);
  if (Math.abs(age) > toleranceSeconds) {
    throw new WebhookVerificationError("The webhook is too old, or from the future.");
  }
}

function header(headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>, name: string): string {
  const found =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  const value = Array.isArray(found) ? found[0] : found;
  if (typeof value !== "string" || value === "") {
    throw new WebhookVerificationError(`The webhook has no header ${name}.`);
  }
  return value;
}

interface VerifyingKey {
  /** What signatures by it begin with. */
  kind: string;
  algorithm: string;
  key: CryptoKey;
}

async function keyOf(secret: string): Promise<VerifyingKey> {
  // A public key without its beginning would be a secret that everybody knows.
  const [, prefix, encoded = ""] = /^\s*(whsec|whpk)_(\S*)\s*$/.exec(secret ?? "") ?? [];
  const isPublic = prefix === "whpk";
  const bytes = bytesOf(encoded);
  const [shortest, longest] = isPublic ? PUBLIC_BYTES : SECRET_BYTES;
  if (bytes === null || bytes.length < shortest || bytes.length > longest) {
    throw new WebhookKeyError(
      "To verify, give whsec_ and 24 to 64 bytes in base64, or the public key, whpk_ and 32. This is neither.",
    );
  }
  const how = isPublic ? { name: "Ed25519" } : { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, how, false, ["verify"]);
  return { kind: isPublic ? "v1a," : "v1,", algorithm: how.name, key };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
