'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { sample } = require('../../lib/event');
const { triggers } = require('../integration');
const { stubApi } = require('./stub_api');

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

test('the editor is shown the newest three, however old', async (t) => {
  const { connection, requests } = await inboxOf(t, () => ({ content: events(0, 3) }));

  await connection.run(perform, { meta: { isLoadingSample: true } });

  assert.equal(requests.length, 1);
  assert.equal(requests[0].url.search, '?order=desc&limit=3');
});
