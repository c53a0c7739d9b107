'use strict';

const { version } = require('../package.json');
const { baseUrl } = require('./base_url');

const KEY = /^[!-~]+$/;

/**
 * Every request is one path of the API: its URL and the key come from the connection, here and
 * nowhere else, so that the key goes to no other place.
 */
const toTheApi = (request, z, bundle) => {
  if (!request.url.startsWith('/')) {
    throw new z.errors.Error('Requests name a path of the API, such as /me.', 'invalid_url', 400);
  }
  return {
    ...request,
    url: apiUrl(z, bundle) + request.url,
    redirect: 'manual', // the API never redirects; what does is not the API
    headers: {
      ...request.headers,
      Accept: 'application/json',
      Authorization: `Bearer ${apiKey(z, bundle)}`,
      'user-agent': `Zapier triggers-api/${version}`, // else Zapier logs each request twice
    },
  };
};

/** Else the header's own error would show the key. */
const apiKey = (z, bundle) => {
  const key = String(bundle.authData.api_key ?? '').trim();
  if (!KEY.test(key)) {
    throw new z.errors.Error('This is no API key: copy it again, whole and alone.', 'invalid_key', 400);
  }
  return key;
};

const apiUrl = (z, bundle) => {
  const allowLocal = process.env.TRIGGERS_ALLOW_LOCAL === '1';
  try {
    return baseUrl(bundle.authData.base_url, { allowLocal });
  } catch (error) {
    throw new z.errors.Error(error.message, 'invalid_url', 400);
  }
};

module.exports = { toTheApi };
