'use strict';

const NEXT = /<\?([^>]*)>\s*;\s*rel="?next"?/;

/**
 * Walk a list of the API page by page, for as long as the caller goes on asking.
 *
 * A page may hold few events, even none, and still have a next one.
 *
 * @param {object} z
 * @param {string} path
 * @param {Record<string, string | number>} params of the first page; a Link has its own
 * @yields {{events: object[], bytes: number}}
 */
async function* pages(z, path, params) {
  let query = params;
  while (query !== null) {
    const response = await z.request({ url: path, params: query });
    yield { events: response.data, bytes: response.content.length };
    query = nextQuery(response.getHeader('link'));
  }
}

/** Only the query of a Link counts: where the API is, we know better (RFC 8288, section 3.2). */
const nextQuery = (link) => {
  const found = NEXT.exec(link ?? '');
  return found === null ? null : Object.fromEntries(new URLSearchParams(found[1]));
};

module.exports = { pages };
