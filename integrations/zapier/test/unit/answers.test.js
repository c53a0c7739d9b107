'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { App, Connection, creates, find, run } = require('../integration');
const { stubApi } = require('./stub_api');

const testOfKey = App.authentication.test;
const acknowledge = { inputData: { event_id: 'evt_1' } };

/** The error that a step ends with when the API answers this. */
const failure = async (t, answer, perform = testOfKey, more = {}) => {
  const { connection } = await stubApi(t, () => answer);
  const error = await connection.run(perform, more).then(
    () => assert.fail('it did not fail'),
    (reason) => reason,
  );
  return { name: error.name, ...said(error) };
};

/** Some of Zapier's errors carry JSON, some a text. */
const said = ({ message }) => {
  const text = message.split('\nWhat happened:')[0];
  return text.startsWith('{') ? JSON.parse(text) : { message: text };
};

const refusal = (status, error, message, details = []) => ({
  status,
  body: { error, message, details, request_id: 'req-1' },
});

test('a dead key interrupts the connection, and nothing else does', async (t) => {
  const dead = await failure(t, refusal(401, 'unauthenticated', 'This API key is unknown.'));
  const scope = await failure(t, refusal(403, 'missing_scope', "This API key lacks 'inbox'."));

  assert.deepEqual(dead, { name: 'ExpiredAuthError', message: 'This API key is unknown.' });
  assert.equal(scope.name, 'AppError');
  assert.equal(scope.code, 'missing_scope');
  assert.equal(scope.message, "This API key lacks 'inbox'.");
});

test('all faults of an event are told', async (t) => {
  const details = [
    { field: 'event_type', message: 'give words', code: 'a' },
    { field: 'severity', message: 'is not known', code: 'b' },
  ];
  const answer = refusal(422, 'invalid_event', 'The body has a fault.', details);

  const { name, message } = await failure(t, answer, creates.create.perform, {
    inputData: { event_type: 'x y' },
  });

  assert.equal(name, 'AppError');
  assert.equal(
    message,
    'The body has a fault. All faults: event_type: give words; severity: is not known.',
  );
});

test('an event that is gone ends the run, but never switches the Zap off', async (t) => {
  for (const answer of [
    refusal(404, 'event_not_found', 'There is no such event.'),
    refusal(410, 'event_erased', 'The event was erased.'),
  ]) {
    const { name, message } = await failure(t, answer, creates.acknowledge.perform, acknowledge);

    assert.equal(name, 'HaltedError');
    assert.equal(message, answer.body.message);
  }
});

test('a path that is not there is an error: the URL is wrong', async (t) => {
  const answer = refusal(404, 'route_not_found', 'There is nothing here.');

  assert.equal((await failure(t, answer)).name, 'AppError');
});

test('a busy API makes Zapier wait, for as long as the API says', async (t) => {
  const wait = { headers: { 'Retry-After': '7' } };
  const busy = await failure(t, { ...refusal(503, 'store_unavailable', 'Busy.'), ...wait });
  const limited = await failure(t, { ...refusal(429, 'too_many_requests', 'Slow.'), ...wait });
  const gateway = await failure(t, { status: 503, body: { message: 'Service Unavailable' } });

  assert.deepEqual([busy.name, busy.delay], ['ThrottledError', 7]);
  assert.deepEqual([limited.name, limited.delay], ['ThrottledError', 7]);
  assert.equal(limited.message, 'Slow.');
  assert.deepEqual([gateway.name, gateway.delay], ['ThrottledError', 30]);
});

test('a fault of the API names the request', async (t) => {
  const { message } = await failure(t, refusal(500, 'internal_error', 'A fault of ours.'));

  assert.equal(message, 'A fault of ours. (request req-1)');
});

test('a URL that leads to events is not that of the API', async (t) => {
  const answer = refusal(404, 'event_not_found', "There is no event 'me'.");

  assert.match((await failure(t, answer)).message, /without a path such as \/events/);
});

test('what is no id is no event, and asks for nothing else', async (t) => {
  for (const id of ['', ' ', '.', '..', '../inbox', 'evt_1?x', 'evt_1#', undefined, null]) {
    const { connection, requests } = await stubApi(t, () => ({ body: { tenant: 'acme' } }));
    const asked = { inputData: { event_id: id } };

    assert.deepEqual(await connection.run(find.perform, asked), []);
    await assert.rejects(connection.run(creates.acknowledge.perform, asked), /must be the ID/);
    assert.equal(requests.length, 0);
  }
});

test('what is not the API is not taken for it', async (t) => {
  const page = { headers: { 'Content-Type': 'text/html' }, body: '<html>Welcome</html>' };
  const elsewhere = { status: 302, headers: { Location: 'http://127.0.0.1:1/me' } };

  assert.match((await failure(t, page)).message, /not a Triggers API/);
  assert.match((await failure(t, { ...page, status: 404 })).message, /404 without saying why/);
  assert.match((await failure(t, elsewhere)).message, /leads to another/);
});

test('an unfit URL is refused before anything is sent', async () => {
  const connection = new Connection('http://api.example.com', 'a-key');

  await assert.rejects(connection.run(testOfKey), /must begin with https/);
});

test('the key goes to the API and nowhere else', async (t) => {
  const { connection, requests } = await stubApi(t, () => ({ body: { tenant: 'acme' } }));

  await connection.run(testOfKey);
  await assert.rejects(
    run((z) => z.request('https://example.com/me'), connection.bundle()),
    /name a path of the API/,
  );

  assert.equal(requests.length, 1);
  assert.equal(requests[0].headers.authorization, 'Bearer a-key');
  assert.match(requests[0].headers['user-agent'], /^Zapier triggers-api\/\d/);
});

test('what is looked for and is not there is no error', async (t) => {
  for (const status of [404, 410]) {
    const { connection } = await stubApi(t, () => refusal(status, 'event_not_found', 'None.'));

    assert.deepEqual(await connection.run(find.perform, acknowledge), []);
  }
});

test('a path that is not there is no event that is not there', async (t) => {
  const elsewhere = refusal(404, 'route_not_found', 'There is nothing here.');

  for (const answer of [elsewhere, { status: 404, body: '<html>Not found</html>' }]) {
    assert.equal((await failure(t, answer, find.perform, acknowledge)).name, 'AppError');
  }
});

test('a page of something else is no event', async (t) => {
  const page = { headers: { 'Content-Type': 'text/html' }, body: '<html>Welcome</html>' };

  for (const perform of [find.perform, creates.acknowledge.perform]) {
    assert.match((await failure(t, page, perform, acknowledge)).message, /not a Triggers API/);
  }
});

test('a key that cannot be sent is refused, and not shown', async (t) => {
  for (const key of ['trg_a\ntrg_b', 'trg_ä', '', undefined]) {
    const { url, requests } = await stubApi(t, () => ({}));

    await assert.rejects(new Connection(url, key).run(testOfKey), (error) => {
      assert.match(error.message, /API key/);
      assert.doesNotMatch(error.message, /trg_/);
      return true;
    });
    assert.equal(requests.length, 0);
  }
});
