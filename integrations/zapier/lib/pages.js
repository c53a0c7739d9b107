'use strict';

const { failure, isBusy, notTheApi, retryAfter } = require('./answers');
const { pause } = require('./pause');

const NEXT = /<\?([^>]*)>\s*;\s*rel="?next"?/;
const WALK_SECONDS = 20; // Zapier gives 30, and its test of the connection is in them

/**
 * Read a list of the API page by page, until it is enough, it ends or 20 seconds are over.
 *
 * A page may hold few items, even none, and still have a next one. A walk costs its tenant
 * tokens: where the API asks to wait, one that can do with a part of the list ends there, and
 * only an `isPatient` one waits.
 *
 * @param {object} z
 * @param {string} path
 * @param {Record<string, string | number>} params of the first page; a Link has its own
 * @param {object} options
 * @param {(items: object[]) => object[]} options.keep what is worth keeping of a page
 * @param {(found: object[], bytes: number) => boolean} options.isEnough bytes as they came
 * @param {boolean} options.isPatient
 * @returns {Promise<{found: object[], isWhole: boolean}>} whether the list was read to its end
 */
const walk = async (z, path, params, options = {}) => {
  const { keep = (items) => items, isEnough = () => false, isPatient = false } = options;
  const until = Date.now() + WALK_SECONDS * 1_000;
  const found = [];
  let bytes = 0;
  for (let query = params; query !== null; ) {
    const response = await z.request({ url: path, params: query, expects: isBusy });
    if (isBusy(response)) {
      const seconds = Math.max(retryAfter(response) ?? 1, 1);
      if (isPatient && Date.now() + seconds * 1_000 < until) {
        await pause(seconds);
        continue;
      }
      if (query === params) {
        throw failure(response, z);
      }
      return { found, isWhole: false };
    }
    found.push(...keep(itemsOf(z, response)));
    bytes += Buffer.byteLength(response.content);
    query = nextQuery(response.getHeader('link'));
    if (Date.now() > until || isEnough(found, bytes)) {
      return { found, isWhole: query === null };
    }
  }
  return { found, isWhole: true };
};

/** The first so many that are worth keeping; fewer, if a walk finds no more. */
const firstOf = async (z, path, params, count, keep) => {
  const isEnough = (found) => found.length >= count;
  const { found } = await walk(z, path, params, { keep, isEnough });
  return found.slice(0, count);
};

const itemsOf = (z, { data }) => {
  if (!Array.isArray(data)) {
    throw notTheApi(z);
  }
  return data;
};

/** Only the query of a Link counts: where the API is, we know better (RFC 8288, section 3.2). */
const nextQuery = (link) => {
  const found = NEXT.exec(link ?? '');
  return found === null ? null : Object.fromEntries(new URLSearchParams(found[1]));
};

module.exports = { firstOf, walk };
