'use strict';

const LOCAL = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Return the URL of a deployment as requests begin with it: no slash at its end.
 *
 * Throws a TypeError with a sentence for people. Plain http is for tests on this machine only,
 * which say so: a key must not travel in the clear.
 *
 * @param {unknown} text what a person gave
 * @param {{allowLocal?: boolean}} options
 * @returns {string}
 */
const baseUrl = (text, { allowLocal = false } = {}) => {
  const given = String(text ?? '').trim();
  if (given === '') {
    throw new TypeError('Give the URL of your Triggers API.');
  }
  const whole = given.includes('://') ? given : `https://${given}`;
  if (!URL.canParse(whole)) {
    throw new TypeError(`The API URL '${given}' is no URL: give one such as https://api.example.com.`);
  }
  const url = new URL(whole);
  if (url.protocol !== 'https:' && !(allowLocal && isLocal(url))) {
    throw new TypeError('The API URL must begin with https://, so that nobody can read the key on its way.');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new TypeError('The API URL takes no user name, no ? and no #: give only https://, the host, and a path if there is one.');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
};

const isLocal = (url) => url.protocol === 'http:' && LOCAL.has(url.hostname);

module.exports = { baseUrl };
