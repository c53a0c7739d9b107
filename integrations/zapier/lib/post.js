'use strict';

const { randomUUID } = require('node:crypto');

const { failure, notTheApi, retryAfter, sentence } = require('./answers');
const { pause } = require('./pause');

const SECONDS = 20; // Zapier gives 30
const TRY_SECONDS = 10; // as long as the API itself works on a request
const NO_GOOD_ANSWER = 'The API did not answer as it does.';
const NEVER_SENT = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED']);

/**
 * Post an event once, whatever becomes of answers.
 *
 * After a 5xx or a lost answer nobody knows whether it was stored. So it is sent again under the
 * same key, until there is no more time. Zapier comes again with a key of the person's, but not
 * with one that is drawn here: where such a post is not known to have failed, no error may make
 * Zapier wait and run the step anew.
 *
 * @param {object} z
 * @param {string} body
 * @param {string | undefined} key the person's own
 */
const postOnce = async (z, body, key) => {
  const until = Date.now() + SECONDS * 1_000;
  const request = eventRequest(body, key ?? randomUUID());
  for (let seconds = 1, isKnown = true; ; seconds *= 2) {
    const { event, error, why, isRefused, wait = 0 } = await attempt(z, request, until);
    if (event) {
      return event;
    }
    isKnown &&= isRefused;
    if (isRefused && (key || isKnown)) {
      throw error;
    }
    seconds = Math.max(seconds, wait);
    if (Date.now() + seconds * 1_000 >= until) {
      throw key ? error : mayBeStored(z, why);
    }
    await pause(seconds);
  }
};

const eventRequest = (body, key) => ({
  method: 'POST',
  url: '/events',
  merge: false, // as it is: Zapier would refuse a payload that speaks of {{curly braces}}
  headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `"${key}"` },
  body,
  expects: () => true,
});

/** The event, or why there is none, and whether that is certain. */
const attempt = async (z, request, until) => {
  const time = Math.max(Math.min(until - Date.now(), TRY_SECONDS * 1_000), 1);
  try {
    const response = await z.request({ ...request, signal: AbortSignal.timeout(time) });
    const { status, data } = response;
    if (status < 300) {
      return typeof data?.id === 'string' ? { event: data } : refused(notTheApi(z));
    }
    const error = failure(response, z);
    return { error, why: sentence(response), isRefused: status < 500, wait: retryAfter(response) };
  } catch (error) {
    return { error, isRefused: error.name === 'AppError' || NEVER_SENT.has(error.code) };
  }
};

const refused = (error) => ({ error, isRefused: true });

const mayBeStored = (z, why = NO_GOOD_ANSWER) =>
  new z.errors.Error(
    `${why} The event may be stored, or may not: look for it before you replay this run. With an` +
      ' Idempotency Key in this step, replaying is safe.',
    'unknown_outcome',
    503,
  );

module.exports = { postOnce };
