'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');

const SECRET = /^\s*whsec_(\S*)\s*$/;
const SHORTEST_BYTES = 24; // as the standard says
const LONGEST_BYTES = 64;

/** What a secret stands for (`whsec_…`); null if it is none: with an empty key, anybody could sign. */
const keyOf = (secret) => {
  const [, encoded = ''] = SECRET.exec(secret ?? '') ?? [];
  const key = strictlyDecoded(encoded);
  return key.length >= SHORTEST_BYTES && key.length <= LONGEST_BYTES ? key : null;
};

/** Buffer alone skips what is no base64, and makes another key of it. */
const strictlyDecoded = (base64) => {
  try {
    return Buffer.from(atob(base64), 'latin1');
  } catch {
    return Buffer.alloc(0);
  }
};

/**
 * Whether a push was signed with this key, after Standard Webhooks.
 *
 * Its age is not looked at: Zapier runs a push minutes later when it is busy, and hours later
 * when a person had it held.
 *
 * @param {Buffer} key of the secret that the subscription was answered with
 * @param {{headers: Record<string, string>, content: string}} request as Zapier took it
 */
const isGenuine = (key, { headers, content }) => {
  const sent = sentHeaders(headers);
  const signed = `${sent['webhook-id']}.${sent['webhook-timestamp']}.${content}`;
  const wanted = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  return (sent['webhook-signature'] ?? '').split(' ').some((each) => {
    const given = Buffer.from(each);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
};

/** Zapier renames what it takes: `webhook-id` becomes `Http-Webhook-Id`. */
const sentHeaders = (headers) =>
  Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name.toLowerCase().replaceAll('_', '-').replace(/^http-/, ''),
      value,
    ]),
  );

module.exports = { isGenuine, keyOf };
