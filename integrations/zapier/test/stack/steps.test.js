'use strict';

/** Actions, the search, what they say when it does not work, and that all shapes are one. */

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const { App, Connection, creates, find, triggers } = require('../integration');
const { sample } = require('../../lib/event');
const { Hooks, InstantZap } = require('../simulated_zapier');
const { Tenant, eventually } = require('./tenant');

const tenant = Tenant.fromEnvironment();
const { connection } = tenant;
const hooks = new Hooks();
const unknown = { inputData: { event_id: 'evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5' } };

const create = (inputData) =>
  connection.run(creates.create.perform, { inputData: { event_type: 'a.b', ...inputData } });
const keys = (event) => Object.keys(event).sort();

before(() => hooks.start());
after(() => hooks.stop());

test('an event that is created comes back as it was given, and is found', async () => {
  const created = await create({
    payload_json: '{"total": 1.10, "lines": [], "note": ""}',
    metadata: { connector: 'zapier' },
    severity: 'warning',
    execution_id: 'exec-1',
  });

  assert.deepEqual(created.payload, { total: 1.1, lines: [], note: '' });
  assert.deepEqual(created.metadata, { connector: 'zapier' });
  assert.deepEqual([created.severity, created.execution_id], ['warning', 'exec-1']);
  const found = await connection.run(find.perform, { inputData: { event_id: created.id } });
  assert.deepEqual(found, [created]);
});

test('a run that is replayed with its key creates one event', async () => {
  const key = { idempotency_key: 'Bestellung Nr. 7', payload: { order: '7' } };

  const [first, again, other] = [await create(key), await create(key), await create({})];

  assert.equal(again.id, first.id);
  assert.notEqual(other.id, first.id);
});

test('an event that is not there is not found, and cannot be acknowledged', async () => {
  assert.deepEqual(await connection.run(find.perform, unknown), []);
  await assert.rejects(connection.run(creates.acknowledge.perform, unknown), {
    name: 'HaltedError',
    message: /There is no event/,
  });
});

test('the faults of an event are told', async () => {
  await assert.rejects(create({ event_type: 'invoice failed' }), /joined by dots/);
});

test('a dead key is told as such', async () => {
  const stranger = new Connection(tenant.url, 'not-a-key');

  await assert.rejects(stranger.run(App.authentication.test), { name: 'ExpiredAuthError' });
});

test('a key that lacks a scope names it', async () => {
  const narrow = new Connection(tenant.url, process.env.TRIGGERS_NARROW_KEY);

  const { key_name: name } = await narrow.run(App.authentication.test);
  await assert.rejects(narrow.run(triggers.inbox.perform), /missing_scope/);

  assert.ok(name);
});

test('inbox, list, push, action and sample have one shape', async () => {
  const zap = new InstantZap(connection, hooks);
  await zap.switchOn();
  const created = await create({ payload: { order: '8' } });
  await eventually(() => zap.fired.includes(created.id));
  const pushed = await connection.run(triggers.instant.perform, zap.lastPush);
  await zap.switchOff();
  const polled = await connection.run(triggers.inbox.perform);
  const shown = await connection.run(triggers.inbox.perform, { meta: { isLoadingSample: true } });
  const listed = await connection.run(triggers.instant.performList);

  const all = [created, ...pushed, ...polled, ...shown, ...listed];
  for (const event of all) {
    assert.deepEqual(keys(event), keys(sample));
  }
  for (const events of [pushed, polled, shown, listed]) {
    assert.deepEqual(events.find(({ id }) => id === created.id), created);
  }
});
