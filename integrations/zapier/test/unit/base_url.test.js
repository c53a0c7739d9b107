'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { baseUrl } = require('../../lib/base_url');

test('the URL may end in slashes, lack https:// or have a path', () => {
  const ways = ['https://api.example.com', 'https://api.example.com//', ' api.example.com/ '];

  assert.deepEqual(new Set(ways.map((way) => baseUrl(way))), new Set(['https://api.example.com']));
  assert.equal(baseUrl('https://api.example.com:8443/prod/'), 'https://api.example.com:8443/prod');
});

test('what would send the key in the clear or elsewhere is refused with a sentence', () => {
  const refused = [
    ['', /Give the URL/],
    [undefined, /Give the URL/],
    ['https://', /no URL/],
    ['http://api.example.com', /https/],
    ['http://127.0.0.1:9001', /https/],
    ['file:///etc/passwd', /https/],
    ['https://user:pass@api.example.com', /user name/],
    ['https://api.example.com/?x=1', /no \?/],
    ['https://api.example.com/#x', /no #/],
  ];
  for (const [text, why] of refused) {
    assert.throws(() => baseUrl(text), { name: 'TypeError', message: why }, text);
  }
});

test('tests may use plain http on their own machine only', () => {
  assert.equal(baseUrl('http://127.0.0.1:4566/', { allowLocal: true }), 'http://127.0.0.1:4566');
  assert.throws(() => baseUrl('http://127.0.0.1.example.com', { allowLocal: true }), TypeError);
});
