'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { sample } = require('../../lib/event');
const { creates } = require('../integration');
const { skipWaiting, stubApi } = require('./stub_api');

const draft = { event_type: 'a.b' };
const keyed = { ...draft, idempotency_key: 'order-7' };
const BUSY = { status: 503, body: { error: 'store_unavailable', message: 'The store is busy.' } };
const SLOW = { status: 429, headers: { 'Retry-After': '7' }, body: { message: 'Slow down.' } };
const LOST = { isLost: true };
const PAGE = { headers: { 'Content-Type': 'text/html' }, body: '<html>Welcome</html>' };

/** An API that stores each event once under its key, and then says what the test says. */
const forgetfulApi = async (t, said) => {
  skipWaiting(t);
  const stored = new Map();
  const api = await stubApi(t, ({ headers }) => {
    const answer = said(api.requests.length);
    if (answer !== SLOW) {
      const key = headers['idempotency-key'];
      stored.set(key, stored.get(key) ?? { ...sample, id: `evt_${stored.size}` });
      return answer ?? { status: 201, body: stored.get(key) };
    }
    return answer;
  });
  const create = (inputData) => api.connection.run(creates.create.perform, { inputData });
  return { ...api, stored, create };
};

const failure = (promise) =>
  promise.then(
    () => assert.fail('it did not fail'),
    (error) => error,
  );

test('an event that was stored, and its answer lost, is one event', async (t) => {
  for (const bad of [BUSY, LOST, { status: 500, body: {} }, { status: 504, body: '<html>' }]) {
    await t.test(JSON.stringify(bad), async (each) => {
      const api = await forgetfulApi(each, (count) => (count < 3 ? bad : undefined));

      const { id } = await api.create(draft);

      assert.equal(api.requests.length, 3);
      assert.deepEqual([...api.stored.values()].map((event) => event.id), [id]);
    });
  }
});

test('an answer that is late is not waited for, but asked for again', { timeout: 9_000 }, async (t) => {
  const inTime = AbortSignal.timeout;
  t.mock.method(AbortSignal, 'timeout', () => inTime.call(AbortSignal, 50));
  const api = await forgetfulApi(t, (count) => (count === 1 ? { isLate: true } : undefined));

  await api.create(draft);

  assert.equal(api.stored.size, 1);
});

test('two events of equal content are two', async (t) => {
  const api = await forgetfulApi(t, () => undefined);

  await api.create(draft);
  await api.create(draft);

  assert.equal(api.stored.size, 2);
});

test('without a key of the person, no error after a 503 makes Zapier run the step anew', async (t) => {
  for (const bad of [BUSY, LOST]) {
    await t.test(JSON.stringify(bad), async (each) => {
      const api = await forgetfulApi(each, () => bad);
      const begun = Date.now();

      const error = await failure(api.create(draft));

      assert.equal(error.name, 'AppError');
      assert.match(error.message, /may be stored, or may not/);
      assert.ok(Date.now() - begun < 20_000);
      assert.ok(api.requests.length >= 4);
      assert.equal(api.stored.size, 1);
    });
  }
});

test('nor does a refusal that comes after one', async (t) => {
  for (const next of [SLOW, { status: 401, body: { message: 'This key is unknown.' } }, PAGE]) {
    await t.test(JSON.stringify(next), async (each) => {
      const api = await forgetfulApi(each, (count) => (count === 1 ? BUSY : next));

      const error = await failure(api.create(draft));

      assert.equal(error.name, 'AppError');
      assert.match(error.message, /may be stored, or may not/);
    });
  }
});

test('with a key of the person, Zapier may come again', async (t) => {
  const api = await forgetfulApi(t, (count) => (count < 6 ? BUSY : undefined));

  const error = await failure(api.create(keyed));
  await api.create(keyed);

  assert.equal(error.name, 'ThrottledError');
  assert.deepEqual([...api.stored.keys()], ['"order-7"']);
});

test('what was not taken for want of tokens is not stored, so Zapier comes again', async (t) => {
  for (const inputData of [draft, keyed]) {
    await t.test(JSON.stringify(inputData), async (each) => {
      const api = await forgetfulApi(each, (count) => (count === 1 ? SLOW : undefined));

      const error = await failure(api.create(inputData));
      await api.create(inputData);

      assert.equal(error.name, 'ThrottledError');
      assert.deepEqual(JSON.parse(error.message.split('\n')[0]), { message: 'Slow down.', delay: 7 });
      assert.equal(api.stored.size, 1);
    });
  }
});

test('what is refused is not sent again', async (t) => {
  for (const bad of [{ status: 422, body: { message: 'A fault.' } }, PAGE, { body: {} }]) {
    await t.test(JSON.stringify(bad), async (each) => {
      const api = await forgetfulApi(each, () => bad);

      assert.doesNotMatch((await failure(api.create(draft))).message, /may be stored/);
      assert.equal(api.requests.length, 1);
    });
  }
});

test('where nobody listens, nothing is stored', async (t) => {
  const { connection, stop } = await stubApi(t, () => ({}));
  stop();

  const error = await failure(connection.run(creates.create.perform, { inputData: draft }));

  assert.match(error.message, /ECONNREFUSED/);
});
