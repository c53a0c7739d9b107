'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { sample } = require('../../lib/event');
const { triggers } = require('../integration');
const { skipWaiting, stubApi } = require('./stub_api');

const NOW = Date.parse('2026-11-22T12:00:00Z');
const SEEDING = { meta: { isPopulatingDedupe: true } };
const { perform } = triggers.inbox;

const events = (first, count) =>
  Array.from({ length: count }, (_, n) => ({ ...sample, id: `evt_${first + n}` }));

/** An inbox of pages, newest first; `onPage` hears of each. */
const inboxOf = (t, page, onPage = () => {}) => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW });
  return stubApi(t, ({ url }) => {
    const number = Number(url.searchParams.get('cursor') ?? 0);
    onPage(number);
    const link = { Link: `<?order=desc&cursor=${number + 1}>; rel="next"` };
    const { content, isLast } = page(number);
    return { body: content, headers: isLast ? {} : link };
  });
};

test('a poll asks for a day, the seeding one for an hour more', async (t) => {
  const { connection, requests } = await inboxOf(t, () => ({ content: [], isLast: true }));

  await connection.run(perform);
  await connection.run(perform, SEEDING);

  const asked = requests.map(({ url }) => Object.fromEntries(url.searchParams));
  assert.deepEqual(asked, [
    { order: 'desc', limit: '100', since: '2026-11-21T12:00:00.000Z' },
    { order: 'desc', limit: '100', since: '2026-11-21T11:00:00.000Z' },
  ]);
});

test('pages that are empty but not the last are walked past', async (t) => {
  const { connection } = await inboxOf(t, (number) => ({
    content: number === 2 ? events(0, 1) : [],
    isLast: number === 3,
  }));

  assert.equal((await connection.run(perform)).length, 1);
});

test('a poll ends after a thousand events, the seeding one does not', async (t) => {
  const page = (number) => ({ content: events(number * 100, 100), isLast: number === 14 });
  const { connection } = await inboxOf(t, page);

  assert.equal((await connection.run(perform)).length, 1_000);
  assert.equal((await connection.run(perform, SEEDING)).length, 1_500);
});

test('a poll ends before it is more than Zapier takes', async (t) => {
  const large = { note: 'x'.repeat(3_000_000) };
  const { connection } = await inboxOf(t, (number) => ({
    content: [{ ...sample, id: `evt_${number}`, payload: large }],
    isLast: number === 9,
  }));

  assert.equal((await connection.run(perform)).length, 4);
});

test('its size is counted in bytes, whatever the script', async (t) => {
  const large = { note: '漢'.repeat(1_000_000) };
  const { connection } = await inboxOf(t, (number) => ({
    content: [{ ...sample, id: `evt_${number}`, payload: large }],
    isLast: number === 9,
  }));

  assert.equal((await connection.run(perform)).length, 4);
});

/** An inbox of many pages, of which each second request is told to wait. */
const busyInbox = async (t) => {
  skipWaiting(t);
  const api = await stubApi(t, ({ url }) => {
    if (api.requests.length % 2 === 0) {
      return { status: 429, headers: { 'Retry-After': '2' }, body: { message: 'Slow down.' } };
    }
    const number = Number(url.searchParams.get('cursor') ?? 0);
    const link = { Link: `<?cursor=${number + 1}>; rel="next"` };
    return { body: events(number, 1), headers: number < 4 ? link : {} };
  });
  return api;
};

test('a poll that is told to wait gives what it has, so that it gives something', async (t) => {
  const { connection } = await busyInbox(t);

  assert.deepEqual(await connection.run(perform), events(0, 1));
});

test('a poll that cannot even begin comes again later', async (t) => {
  const { connection } = await stubApi(t, () => ({ status: 503, body: { message: 'Busy.' } }));

  await assert.rejects(connection.run(perform), { name: 'ThrottledError' });
});

test('the seeding poll waits when it is told to, since it must see all', async (t) => {
  const { connection } = await busyInbox(t);

  const seeded = await connection.run(perform, SEEDING);

  assert.deepEqual(
    seeded.map(({ id }) => id),
    events(0, 5).map(({ id }) => id),
  );
});

test('a poll that takes long gives what it has', async (t) => {
  const { connection } = await inboxOf(
    t,
    (number) => ({ content: events(number, 1) }),
    () => t.mock.timers.setTime(Date.now() + 6_000),
  );

  assert.equal((await connection.run(perform)).length, 4);
});

test('a Zap is not switched on over more than can be looked through', async (t) => {
  const { connection } = await inboxOf(
    t,
    (number) => ({ content: events(number, 1) }),
    () => t.mock.timers.setTime(Date.now() + 6_000),
  );

  await assert.rejects(connection.run(perform, SEEDING), /too many undelivered events/);
});

test('the seeding poll carries no payloads, but every key', async (t) => {
  const { connection } = await inboxOf(t, () => ({ content: events(1, 1), isLast: true }));

  const [seeded] = await connection.run(perform, SEEDING);

  assert.deepEqual(seeded, { ...sample, id: 'evt_1', payload: {}, metadata: {} });
});

test('a page that is no list is not taken for an empty one', async (t) => {
  const { connection } = await stubApi(t, () => ({ body: { message: 'Welcome' } }));

  await assert.rejects(connection.run(perform), /not a Triggers API/);
});

test('the editor finds events behind empty pages, too', async (t) => {
  const { connection } = await inboxOf(t, (number) => ({
    content: number % 2 ? events(number * 2, 2) : [],
    isLast: number === 9,
  }));
  const ids = async (meta) => (await connection.run(perform, { meta })).map(({ id }) => id);

  assert.deepEqual(await ids({ isLoadingSample: true }), ['evt_2', 'evt_3', 'evt_6']);
  assert.equal((await ids({ isFillingDynamicDropdown: true })).length, 10);
});

test('the editor is shown the newest three, however old', async (t) => {
  const { connection, requests } = await inboxOf(t, () => ({ content: events(0, 3) }));

  await connection.run(perform, { meta: { isLoadingSample: true } });

  assert.equal(requests.length, 1);
  assert.equal(requests[0].url.search, '?order=desc&limit=3');
});
