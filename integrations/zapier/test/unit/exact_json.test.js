'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { sample } = require('../../lib/event');
const { parseExactly } = require('../../lib/exact_json');
const { creates, find, triggers } = require('../integration');
const { push, signed } = require('./signed_push');
const { stubApi } = require('./stub_api');

const BIG = '{"order_id":9007199254740993,"total":12345678901234567.89,"paid":31.80}';
const EXACT = { order_id: '9007199254740993', total: '12345678901234567.89', paid: 31.8 };

test('a number that would be rounded is kept as its digits', () => {
  for (const digits of [
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '12345678901234567.89',
    '0.1234567890123456789',
    '1.00000000000000000000000000000001',
    '9007199254740993e0',
    '1e400',
    '1e-400',
  ]) {
    assert.deepEqual(parseExactly(`{"n":[${digits}]}`), { n: [digits] });
  }
});

test('every other number is a number', () => {
  for (const digits of [
    ...['0', '-0', '0.0', '0e5', '1', '-1', '31.80', '1.10', '100', '1e2', '1E+2', '1.5e-7'],
    ...['9007199254740991', '9007199254740992', '9007199254740994', '1e21', '1e300', '0.1'],
    ...['123456789.123', '1000000000000000000000', '5e-324', '0.000001', '0.0000001'],
  ]) {
    assert.deepEqual(parseExactly(`{"n":[${digits}]}`), { n: [Number(digits)] });
  }
});

test('texts and keys are left alone, whatever they look like', () => {
  const value = {
    '9007199254740993': 'a',
    text: '9007199254740993',
    quoted: 'say "9007199254740993", \\',
    escaped: '\\"1e400',
    none: null,
    yes: true,
    empty: [{}, [], ''],
    long: 'x'.repeat(300_000),
  };

  assert.deepEqual(parseExactly(JSON.stringify(value, null, 2)), value);
});

test('what is no JSON is refused', () => {
  for (const text of ['', '{', 'nothing', '01', '{"a":1}}']) {
    assert.throws(() => parseExactly(text), SyntaxError);
  }
});

test('every step hands numbers on exactly', async (t) => {
  const event = JSON.stringify({ ...sample, payload: 0 }).replace('"payload":0', `"payload":${BIG}`);
  const { connection } = await stubApi(t, ({ url, method }) => ({
    status: method === 'POST' ? 201 : 200,
    body: url.pathname === '/inbox' || url.search ? `[${event}]` : event,
  }));

  const [polled] = await connection.run(triggers.inbox.perform);
  const [found] = await connection.run(find.perform, { inputData: { event_id: 'evt_1' } });
  const [shown] = await connection.run(triggers.instant.performList);
  const [pushed] = await connection.run(triggers.instant.perform, push(event, signed(event)));
  const created = await connection.run(creates.create.perform, {
    inputData: { event_type: 'a.b', payload_json: BIG },
  });

  for (const { payload } of [polled, found, shown, pushed, created]) {
    assert.deepEqual(payload, EXACT);
  }
});
