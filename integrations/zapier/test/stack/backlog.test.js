'use strict';

/** Zaps that are switched on over a backlog fire for every new event once, for no old one. */

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const { App, creates } = require('../integration');
const { Hooks, InstantZap, PollingZap } = require('../simulated_zapier');
const { Tenant, eventually } = require('./tenant');

const PENDING = 250;
const FIRST_PAGE = { url: '/inbox', params: { order: 'desc', limit: 100 } };

const tenant = Tenant.fromEnvironment();
const { connection } = tenant;
const polling = [1, 2, 3].map(() => new PollingZap(connection));
const onlyOrders = new PollingZap(connection, { inputData: { event_type: 'order.*' } });
const naive = new PollingZap(connection, {
  perform: async (z) => (await z.request(FIRST_PAGE)).data,
});
const hooks = new Hooks();
const pollAll = () => Promise.all(polling.map((zap) => zap.poll()));
const sorted = (ids) => [...ids].sort();
let old;

before(async () => {
  await hooks.start();
  old = new Set(await tenant.post(PENDING));
});

after(() => hooks.stop());

test('the key is tested, and names its connection', async () => {
  const { tenant: name, key_name: keyName } = await connection.run(App.authentication.test);

  assert.ok(name && keyName);
});

test('switching on over 250 pending events fires nothing', async () => {
  for (const zap of [...polling, onlyOrders, naive]) {
    await zap.switchOn();
  }
  await pollAll();

  assert.ok(polling.every(({ seen }) => seen.size === PENDING));
  assert.deepEqual(polling.flatMap(({ fired }) => fired), []);
});

test('old events that move up when others acknowledge the newer ones do not fire', async () => {
  await tenant.acknowledgeNewest(200);

  await pollAll();
  await naive.poll();

  assert.deepEqual(polling.flatMap(({ fired }) => fired), []);
  // The trap is there: who has read one page only, takes the other 50 for new.
  assert.equal(naive.fired.length, 50);
  assert.ok(naive.fired.every((id) => old.has(id)));
});

test('more new events than a page holds fire once each, in every Zap on the key', async () => {
  const fresh = await tenant.post(130);

  await pollAll();
  await pollAll();

  for (const { fired } of polling) {
    assert.deepEqual(sorted(fired), sorted(fresh));
  }
});

test('a Zap for one type hears of no other', async () => {
  const orders = await tenant.post(2, { event_type: 'order.fetched' });

  await onlyOrders.poll();
  await pollAll();

  assert.deepEqual(sorted(onlyOrders.fired), sorted(orders));
});

test('an event that the Zap itself acknowledges leaves the inbox and never comes again', async () => {
  const [zap] = polling;
  const [id] = await tenant.post(1);
  const before = zap.fired.length;
  await zap.poll();

  const said = await connection.run(creates.acknowledge.perform, { inputData: { event_id: id } });
  await zap.poll();

  assert.deepEqual(said, { id, acknowledged: true });
  assert.deepEqual(zap.fired.slice(before), [id]);
  assert.equal((await tenant.call('GET', `/events/${id}`)).status, 'delivered');
});

test('instant Zaps fire for every new event once, each of three on the key', async () => {
  const instant = [1, 2, 3].map(() => new InstantZap(connection, hooks));
  for (const zap of instant) {
    await zap.switchOn();
  }
  await pollAll();
  const before = polling[0].fired.length;

  const fresh = await tenant.post(20);
  await eventually(() => instant.every(({ fired }) => fired.length >= 20));
  await eventually(() => isAllSettled(60)); // so that nothing more is on its way
  await polling[0].poll();

  for (const { fired, failed } of instant) {
    assert.deepEqual(failed, []);
    assert.deepEqual(sorted(fired), sorted(fresh));
  }
  assert.deepEqual(sorted(polling[0].fired.slice(before)), sorted(fresh), 'a push empties no inbox');
  for (const zap of instant) {
    await zap.switchOff();
  }
});

/** Whether there were so many deliveries, and all have come to their end. */
const isAllSettled = async (count) => {
  const deliveries = await tenant.call('GET', '/notifications/history?limit=100');
  assert.ok(deliveries.length <= count);
  return deliveries.filter(({ status }) => status === 'succeeded').length === count;
};
