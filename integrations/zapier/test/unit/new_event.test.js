'use strict';

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const { test } = require('node:test');

const { sample } = require('../../lib/event');
const { Connection, triggers } = require('../integration');
const { stubApi } = require('./stub_api');

const KEY = Buffer.from('a key of 32 bytes, or nearly so!');
const SECRET = `whsec_${KEY.toString('base64')}`;
const BODY = JSON.stringify({ ...sample, payload: { note: 'Käse 🧀' } });
const nobody = new Connection('https://api.example.com', 'a-key');
const { perform, performList, performSubscribe, performUnsubscribe } = triggers.instant;

/** A push as Zapier hands it on. */
const push = (content, signature, secret = SECRET) => ({
  subscribeData: { id: 'cfg_1', secret },
  cleanedRequest: JSON.parse(content),
  rawRequest: {
    content,
    headers: {
      'Http-Webhook-Id': 'dlv_1',
      'Http-Webhook-Timestamp': '1795312672',
      'Http-Webhook-Signature': signature,
    },
  },
});

const signed = (content) =>
  `v1,${createHmac('sha256', KEY).update(`dlv_1.1795312672.${content}`).digest('base64')}`;

test('a signed push is the event', async () => {
  assert.deepEqual(await nobody.run(perform, push(BODY, signed(BODY))), [JSON.parse(BODY)]);
});

test('one signature of several is enough, as during a rotation', async () => {
  const both = `v1,${'A'.repeat(43)}= v1a,x ${signed(BODY)}`;

  assert.equal((await nobody.run(perform, push(BODY, both))).length, 1);
});

test('a push that is not signed, or not so, fires nothing and switches nothing off', async () => {
  for (const signature of [undefined, '', 'v1,', 'v1', signed(`${BODY} `)]) {
    await assert.rejects(nobody.run(perform, push(BODY, signature)), { name: 'HaltedError' });
  }
  const bare = { ...push(BODY, signed(BODY)), rawRequest: undefined };
  await assert.rejects(nobody.run(perform, bare), { name: 'HaltedError' });
});

test('a subscription asks for what the person chose', async (t) => {
  const { connection, requests } = await stubApi(t, ({ method }) => ({
    body: method === 'GET' ? [] : { id: 'cfg_1', secret: SECRET, name: 'and more' },
  }));

  const kept = await connection.run(performSubscribe, {
    targetUrl: 'https://hooks.zapier.com/1',
    inputData: { event_types: [' invoice.* ', ''], min_severity: 'error' },
  });
  await connection.run(performSubscribe, { targetUrl: 'https://hooks.zapier.com/1' });

  assert.deepEqual(kept, { id: 'cfg_1', secret: SECRET });
  assert.deepEqual(JSON.parse(requests[1].body), {
    name: 'Zapier: New Event',
    channel: 'webhook',
    settings: { url: 'https://hooks.zapier.com/1' },
    filters: { event_types: ['invoice.*'], min_severity: 'error' },
  });
  assert.deepEqual(JSON.parse(requests[3].body).filters, {});
});

test('the editor is shown events of the type that is asked for', async (t) => {
  const { connection, requests } = await stubApi(t, () => ({ body: [sample] }));

  await connection.run(performList, { inputData: { event_types: ['invoice.*'] } });
  await connection.run(performList, { inputData: { event_types: ['a', 'b'] } });

  assert.deepEqual(
    requests.map(({ url }) => decodeURIComponent(url.search)),
    ['?limit=3&event_type=invoice.*', '?limit=3'],
  );
});

/** An API with these subscriptions, and what is left of them in the end. */
const subscribed = async (t, configs) => {
  const left = new Map(configs.map(({ id, url }) => [id, { id, settings: { url } }]));
  const { connection } = await stubApi(t, ({ method, url }) => {
    if (method === 'GET') {
      return { body: [...left.values()] };
    }
    const known = left.delete(url.pathname.split('/').at(-1));
    return known ? { status: 204, body: '' } : { status: 404, body: { error: 'config_not_found' } };
  });
  return { connection, left };
};

const MINE = 'https://hooks.zapier.com/mine';
const CONFIGS = [
  { id: 'cfg_1', url: MINE },
  { id: 'cfg_2', url: 'https://hooks.zapier.com/theirs' },
];

test('whatever Zapier has kept, the subscription of the Zap is gone afterwards', async (t) => {
  for (const subscribeData of [{ id: 'cfg_1' }, undefined, null, {}, { id: '' }, { id: 'cfg_old' }]) {
    const { connection, left } = await subscribed(t, CONFIGS);

    await connection.run(performUnsubscribe, { subscribeData, targetUrl: MINE });

    assert.deepEqual([...left.keys()], ['cfg_2']);
  }
});

test('who cannot tell which subscription it was does not say that it is gone', async (t) => {
  for (const subscribeData of [undefined, {}, { id: 'cfg_old' }]) {
    const { connection, left } = await subscribed(t, CONFIGS);

    await assert.rejects(connection.run(performUnsubscribe, { subscribeData }), /Delete the one/);
    assert.equal(left.size, 2);
  }
});
