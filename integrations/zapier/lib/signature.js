'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');

/**
 * Whether a push was signed with this secret, after Standard Webhooks.
 *
 * Its age is not looked at: Zapier runs a push minutes later when it is busy, and hours later
 * when a person had it held.
 *
 * @param {string} secret as the subscription was answered: `whsec_…`
 * @param {{headers: Record<string, string>, content: string}} request as Zapier took it
 */
const isGenuine = (secret, { headers, content }) => {
  const sent = sentHeaders(headers);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
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

module.exports = { isGenuine };
