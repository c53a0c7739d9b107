'use strict';

const { parseExactly } = require('./exact_json');

const GONE = new Set(['event_not_found', 'event_erased']);
const BUSY = new Set([429, 503]);
const BUSY_SECONDS = 30; // where the answer does not say: the gateway's own

/**
 * Let a good answer through, and say what a bad one means in Zapier's terms.
 *
 * | answer | error | what Zapier does |
 * |---|---|---|
 * | 401 | ExpiredAuthError | the key is dead: holds the runs, asks for another |
 * | 429, 503 | ThrottledError | waits and tries again |
 * | an event that is gone | HaltedError | ends this run; never switches the Zap off |
 * | all others | Error | shows the message; the run can be replayed |
 *
 * A request that can go on with some bad answers says with which: `expects(response)`.
 */
const answered = (response, z) => {
  const { status, request } = response;
  if (status >= 300) {
    if (!request.expects?.(response)) {
      throw failure(response, z);
    }
    response.skipThrowForStatus = true;
  } else if (response.data !== undefined) {
    response.data = parseExactly(response.content); // Zapier's own reading rounds numbers
  } else if (status !== 204) {
    throw notTheApi(z);
  }
  return response;
};

/** The error that says what a bad answer means. */
const failure = (response, z) => {
  const { status, data } = response;
  const message = sentence(response);
  if (status === 401) {
    return new z.errors.ExpiredAuthError(message);
  }
  if (isBusy(response)) {
    return new z.errors.ThrottledError(message, retryAfter(response) ?? BUSY_SECONDS);
  }
  if (isGone(response)) {
    return new z.errors.HaltedError(message);
  }
  return new z.errors.Error(message, data?.error ?? 'unexpected_answer', status);
};

const notTheApi = (z) =>
  new z.errors.Error(
    'What answers at this URL is not a Triggers API. Give the URL of the API itself, as your' +
      ' deployment shows it, without a path such as /events or /docs.',
    'invalid_url',
    400,
  );

/** Whether the same request is worth sending again after a while. */
const isBusy = ({ status }) => BUSY.has(status);

/** Whether the event is unknown, dropped or erased; a wrong URL answers 404, too. */
const isGone = ({ data }) => GONE.has(data?.error);

/** The seconds that the answer says to wait, if it does. */
const retryAfter = (response) => {
  const seconds = Number.parseInt(response.getHeader('retry-after'), 10);
  return Number.isNaN(seconds) ? undefined : seconds;
};

/** The API's own sentence, with all that it knows of the faults. */
const sentence = ({ status, data }) => {
  if (status < 400) {
    return 'This URL leads to another one, which the API never does: give the URL of the API itself.';
  }
  if (typeof data?.message !== 'string') {
    return `The API answered ${status} without saying why. Is the API URL right?`;
  }
  const details = Array.isArray(data.details) ? data.details : [];
  const faults = details.map(({ field, message }) => `${field}: ${message}`);
  const all = faults.length > 1 ? ` All faults: ${faults.join('; ')}.` : '';
  const asked = status >= 500 && data.request_id ? ` (request ${data.request_id})` : '';
  return data.message + all + asked;
};

module.exports = { answered, failure, isBusy, isGone, notTheApi, retryAfter, sentence };
