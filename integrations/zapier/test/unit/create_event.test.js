'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { sample } = require('../../lib/event');
const { creates } = require('../integration');
const { stubApi } = require('./stub_api');

/** What is posted for this input. */
const posted = async (t, inputData) => {
  const { connection, requests } = await stubApi(t, () => ({ status: 201, body: sample }));
  await connection.run(creates.create.perform, { inputData: { event_type: 'a.b', ...inputData } });
  return requests[0];
};

test('a payload given as JSON is sent as it was written', async (t) => {
  const text = '{"big": 12345678901234567890, "total": 1.10, "empty": {}, "none": null}';

  const { body, headers } = await posted(t, { payload_json: text });

  assert.equal(body, `{"event_type":"a.b","payload":${text}}`);
  assert.equal(headers['content-type'], 'application/json');
});

test('what is left empty is left out, and what is in a payload is not', async (t) => {
  const empty = { severity: '', execution_id: null, metadata: {}, payload_json: '' };

  const { body } = await posted(t, { ...empty, payload: { note: '', curly: '{{bundle.x}}' } });

  assert.equal(body, '{"event_type":"a.b","payload":{"note":"","curly":"{{bundle.x}}"}}');
});

test('all that is given is sent', async (t) => {
  const given = { severity: 'error', execution_id: 'e-1', metadata: { connector: 'amazon' } };

  const { body } = await posted(t, given);

  assert.deepEqual(JSON.parse(body), { event_type: 'a.b', ...given, payload: {} });
});

test('two payloads, or one that is no object, are refused with a sentence', async (t) => {
  const both = { payload: { a: '1' }, payload_json: '{}' };

  await assert.rejects(posted(t, both), /not both/);
  for (const text of ['[]', 'null', '"x"', '{', '{"a": 1} x', '{}, "status": "delivered"']) {
    await assert.rejects(posted(t, { payload_json: text }), /one JSON object/, text);
  }
});

test('a key of any characters is sent as one that the API takes', async (t) => {
  const plain = await posted(t, { idempotency_key: ' evt_1-refund ' });
  const fancy = await posted(t, { idempotency_key: 'Käse Nr. 7' });
  const again = await posted(t, { idempotency_key: 'Käse Nr. 7' });
  const none = await posted(t, { idempotency_key: '' });

  assert.equal(plain.headers['idempotency-key'], '"evt_1-refund"');
  assert.match(fancy.headers['idempotency-key'], /^"[0-9a-f]{64}"$/);
  assert.equal(again.headers['idempotency-key'], fancy.headers['idempotency-key']);
  assert.match(none.headers['idempotency-key'], /^"[0-9a-f-]{36}"$/, 'one of its own');
});

test('a key with commas is sent as it is, one with quotes as another', async (t) => {
  const key = async (text) =>
    (await posted(t, { idempotency_key: text })).headers['idempotency-key'];

  assert.equal(await key('A-1,B-2'), '"A-1,B-2"');
  assert.equal(await key('x'.repeat(255)), `"${'x'.repeat(255)}"`);
  for (const text of ['"A-1"', '"', 'A"1', 'x'.repeat(256), 'A 1']) {
    assert.match(await key(text), /^"[0-9a-f]{64}"$/, text);
  }
});
