'use strict';

const { parseExactly } = require('./exact_json');

const GONE = new Set(['event_not_found', 'event_erased']);
const BUSY_SECONDS = 30; // where the answer does not say: the gateway's own 503

/**
 * Let a good answer through, and say what a bad one means in Zapier's terms.
 *
 * | answer | error | what Zapier does |
 * |---|---|---|
 * | 401 | ExpiredAuthError | the key is dead: holds the runs, asks for another |
 * | 429 | ThrottledError, by Zapier itself | waits and tries again |
 * | 503 | ThrottledError | likewise |
 * | an event that is gone | HaltedError | ends this run; never switches the Zap off |
 * | all others | Error | shows the message; the run can be replayed |
 *
 * A request may name statuses that it can go on with in `expects`.
 */
const answered = (response, z) => {
  const { status } = response;
  if (status < 300) {
    if (response.data !== undefined) {
      response.data = parseExactly(response.content); // Zapier's own reading rounds numbers
    }
    return response;
  }
  if (response.request.expects?.includes(status)) {
    response.skipThrowForStatus = true;
    return response;
  }
  const code = response.data?.error;
  const message = sentence(response);
  if (status === 401) {
    throw new z.errors.ExpiredAuthError(message);
  }
  if (status === 503) {
    throw new z.errors.ThrottledError(message, secondsToWait(response));
  }
  if (GONE.has(code)) {
    throw new z.errors.HaltedError(message);
  }
  throw new z.errors.Error(message, code ?? 'unexpected_answer', status);
};

const secondsToWait = (response) => {
  const seconds = Number.parseInt(response.getHeader('retry-after'), 10);
  return Number.isNaN(seconds) ? BUSY_SECONDS : seconds;
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

module.exports = { answered };
