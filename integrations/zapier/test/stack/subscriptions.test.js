'use strict';

/** How instant Zaps come and go. */

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const { Hooks, InstantZap } = require('../simulated_zapier');
const { Tenant, eventually } = require('./tenant');

const tenant = Tenant.fromEnvironment();
const hooks = new Hooks();
const newZap = (inputData) => new InstantZap(tenant.connection, hooks, { inputData });
const configs = () => tenant.call('GET', '/notifications/configs');
const hasFired = (zap, id) => eventually(() => zap.fired.includes(id));

before(() => hooks.start());
after(() => hooks.stop());

test('a Zap gets what it asked for, until it is switched off', async () => {
  const all = newZap();
  const grave = newZap({ event_types: ['invoice.*'], min_severity: 'error' });
  await all.switchOn();
  await grave.switchOn();

  const [order] = await tenant.post(1, { event_type: 'order.lost', severity: 'critical' });
  const [light] = await tenant.post(1, { severity: 'warning' });
  const [heavy] = await tenant.post(1, { severity: 'error' });
  await hasFired(grave, heavy);
  for (const id of [order, light, heavy]) {
    await hasFired(all, id);
  }
  assert.deepEqual(grave.fired, [heavy]);

  await all.switchOff();
  const [later] = await tenant.post(1, { severity: 'critical' });
  await hasFired(grave, later);
  assert.ok(!all.fired.includes(later));

  await grave.switchOff();
  assert.deepEqual(await configs(), []);
});

test('switching off twice is fine', async () => {
  const zap = newZap();
  await zap.switchOn();

  await zap.switchOff();
  await zap.switchOff();
});

test('a subscription whose answer was lost is replaced, not doubled', async () => {
  const zap = newZap();
  await zap.switchOn();
  const lost = zap.subscribeData.id;

  await zap.switchOn();

  const [{ id }, ...others] = await configs();
  assert.deepEqual(others, []);
  assert.notEqual(id, lost);
  assert.equal(id, zap.subscribeData.id);
  await zap.switchOff();
});

test('a Zap that is gone without a word is not pushed to again', async () => {
  const zap = newZap();
  await zap.switchOn();
  zap.forget();

  await tenant.post(1);

  const [config] = await eventually(async () => {
    const found = await configs();
    return !found[0].enabled && found;
  });
  assert.match(config.disabled_reason, /410/);
  await zap.switchOff();
});
