'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const CASES = require('../../../../clients/conformance/webhooks.json');
const { sample } = require('../../lib/event');
const { Connection, triggers } = require('../integration');
const { SECRET, push, signed } = require('./signed_push');
const { skipWaiting, stubApi } = require('./stub_api');

const BODY = JSON.stringify({ ...sample, payload: { note: 'Käse 🧀' } });
const nobody = new Connection('https://api.example.com', 'a-key');
const { perform, performList, performSubscribe, performUnsubscribe } = triggers.instant;

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

test('what the clients take for no secret proves no push', async () => {
  const refused = CASES.filter(({ error, secrets }) => error && secrets.length === 1);
  const garbled = refused.flatMap(({ secrets }) => secrets);
  assert.ok(garbled.length > 5);
  for (const secret of [...garbled, `whsec_*${SECRET.slice(6)}`, SECRET.slice(6), null]) {
    await assert.rejects(nobody.run(perform, push(BODY, signed(BODY), secret)), /no secret/);
  }
  for (const secret of [`${SECRET}\n`, SECRET.replaceAll('=', '')]) {
    assert.equal((await nobody.run(perform, push(BODY, signed(BODY), secret))).length, 1);
  }
});

test('a Zap whose subscription Zapier did not keep takes no push for genuine', async () => {
  for (const subscribeData of [undefined, null, {}, { id: 'cfg_1' }]) {
    for (const signature of [undefined, signed(BODY)]) {
      const unknown = { ...push(BODY, signature), subscribeData };
      await assert.rejects(nobody.run(perform, unknown), /no secret/);
    }
  }
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
    ['?limit=3&event_type=invoice.*', '?limit=100'],
  );
});

/** A list of such pages, each with a Link to the next. */
const listOf = (t, pages) =>
  stubApi(t, ({ url }) => {
    const number = Number(url.searchParams.get('cursor') ?? 0);
    const link = { Link: `<?limit=3&cursor=${number + 1}>; rel="next"` };
    return { body: pages[number], headers: number < pages.length - 1 ? link : {} };
  });

test('the editor is shown what would have fired, on whichever page it is', async (t) => {
  const event = (id, event_type, severity) => ({ ...sample, id, event_type, severity });
  const first = [event('1', 'order.lost', 'critical'), event('2', 'invoice', 'error')];
  const second = [event('3', 'invoice.failed', 'warning'), event('4', 'invoice.failed', 'error')];
  const third = [event('5', 'a.b', 'critical'), event('6', 'invoice.a.b', 'critical')];
  const { connection } = await listOf(t, [first, [], second, [], third]);
  const shown = async (inputData) =>
    (await connection.run(performList, { inputData })).map(({ id }) => id);

  assert.deepEqual(await shown({}), ['1', '2', '3']);
  assert.deepEqual(await shown({ event_types: ['invoice.*'], min_severity: 'error' }), ['4', '6']);
  assert.deepEqual(await shown({ event_types: ['invoice.*', 'a.b'] }), ['3', '4', '5']);
  assert.deepEqual(await shown({ event_types: ['invoice', 'c'] }), ['2']);
  assert.deepEqual(await shown({ event_types: ['d', 'e'] }), []);
});

test('the editor does not wait where looking further would cost too much', async (t) => {
  const { connection, requests } = await stubApi(t, () =>
    requests.length === 1
      ? { body: [sample], headers: { Link: '<?cursor=1>; rel="next"' } }
      : { status: 429, headers: { 'Retry-After': '9' }, body: { message: 'Slow down.' } },
  );

  assert.deepEqual(await connection.run(performList), [sample]);
  await assert.rejects(connection.run(performList), { name: 'ThrottledError' });
});

/** An API with these subscriptions, one on a page, and what is left of them in the end. */
const subscribed = async (t, configs) => {
  const left = new Map(configs.map(({ id, url }) => [id, { id, settings: { url } }]));
  const { connection } = await stubApi(t, ({ method, url }) => {
    if (method === 'GET') {
      const after = url.searchParams.get('cursor') ?? '';
      const [next, ...rest] = [...left.values()].filter(({ id }) => id > after);
      const headers = rest.length ? { Link: `<?cursor=${next.id}>; rel="next"` } : {};
      return { body: next ? [next] : [], headers };
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
  { id: 'cfg_3', url: MINE },
];

test('whatever Zapier has kept, the subscription of the Zap is gone afterwards', async (t) => {
  const kept = [{ id: 'cfg_1' }, undefined, null, {}, { id: '' }, { id: 'cfg_old' }];
  for (const subscribeData of kept) {
    const configs = subscribeData?.id === 'cfg_1' ? CONFIGS.slice(0, 2) : CONFIGS;
    const { connection, left } = await subscribed(t, configs);

    await connection.run(performUnsubscribe, { subscribeData, targetUrl: MINE });

    assert.deepEqual([...left.keys()], ['cfg_2']);
  }
});

test('who cannot tell which subscription it was does not say that it is gone', async (t) => {
  for (const subscribeData of [undefined, {}, { id: 'cfg_old' }]) {
    const { connection, left } = await subscribed(t, CONFIGS);

    await assert.rejects(connection.run(performUnsubscribe, { subscribeData }), /Delete the one/);
    assert.equal(left.size, 3);
  }
});

test('a URL that is not that of the API is not taken for a subscription that is gone', async (t) => {
  const { connection } = await stubApi(t, () => ({ status: 404, body: '<html>Not found</html>' }));
  const known = { subscribeData: { id: 'cfg_1' }, targetUrl: MINE };

  await assert.rejects(connection.run(performUnsubscribe, known), /404 without saying why/);
});

test('a list of subscriptions that could not be read to its end is not taken for all', async (t) => {
  skipWaiting(t);
  const { connection } = await stubApi(t, ({ url }) =>
    url.search
      ? { status: 503, body: { message: 'Service Unavailable' } }
      : { body: [], headers: { Link: '<?cursor=1>; rel="next"' } },
  );

  await assert.rejects(connection.run(performUnsubscribe, { targetUrl: MINE }), {
    name: 'ThrottledError',
  });
});
