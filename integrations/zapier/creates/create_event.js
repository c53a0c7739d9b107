'use strict';

const { createHash } = require('node:crypto');

const { SEVERITIES, outputFields, sample } = require('../lib/event');
const { postOnce } = require('../lib/post');

const KEY = /^[!#-~]{1,255}$/; // what the API takes as an Idempotency-Key in quotes

const perform = (z, { inputData }) => postOnce(z, body(z, inputData), ownKey(inputData));

/** The event as text: a payload that was given as text is sent number for number. */
const body = (z, inputData) => {
  const members = { event_type: String(inputData.event_type ?? '').trim() };
  for (const name of ['severity', 'execution_id', 'metadata']) {
    if (isGiven(inputData[name])) {
      members[name] = inputData[name];
    }
  }
  return `${JSON.stringify(members).slice(0, -1)},"payload":${payload(z, inputData)}}`;
};

const payload = (z, { payload: fields, payload_json: text }) => {
  if (!isGiven(text)) {
    return JSON.stringify(fields ?? {});
  }
  if (isGiven(fields)) {
    throw invalid(z, 'Give either Payload or Payload as JSON, not both.');
  }
  if (!isObject(text)) {
    throw invalid(z, 'Payload as JSON must be one JSON object, such as {"order_id": "A-1"}.');
  }
  return text;
};

const isGiven = (value) =>
  value !== undefined && value !== null && value !== '' && !isEmptyObject(value);

const isEmptyObject = (value) => typeof value === 'object' && Object.keys(value).length === 0;

const isObject = (text) => {
  try {
    return /^\s*\{/.test(text) && typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
};

const invalid = (z, message) => new z.errors.Error(message, 'invalid_input', 422);

/**
 * A person's own key, or none. Zapier tells an action nothing that is the same when a run is
 * replayed and another in the next run; a key made of the content would swallow equal events.
 */
const ownKey = ({ idempotency_key: given }) => {
  const key = String(given ?? '').trim();
  if (key === '') {
    return undefined;
  }
  return KEY.test(key) ? key : createHash('sha256').update(key).digest('hex');
};

module.exports = {
  key: 'create_event',
  noun: 'Event',
  display: {
    label: 'Create Event',
    description: 'Posts an event, for everybody who reads the inbox or is pushed to.',
  },
  operation: {
    perform,
    inputFields: [
      {
        key: 'event_type',
        label: 'Event Type',
        type: 'string',
        required: true,
        placeholder: 'invoice.failed',
        helpText: 'Words of letters, digits, `_` and `-`, joined by dots.',
      },
      {
        key: 'payload',
        label: 'Payload',
        dict: true,
        required: false,
        helpText: 'What happened: names and texts. For numbers and lists use Payload as JSON.',
      },
      {
        key: 'payload_json',
        label: 'Payload as JSON',
        type: 'text',
        required: false,
        helpText: 'Instead of Payload: one JSON object, kept number for number.',
      },
      {
        key: 'severity',
        label: 'Severity',
        choices: SEVERITIES,
        required: false,
        helpText: 'How grave it is. Left empty: `info`.',
      },
      {
        key: 'metadata',
        label: 'Metadata',
        dict: true,
        required: false,
        helpText: 'What to filter by: `connector`, `entity_type` and `error_type` are known.',
      },
      {
        key: 'execution_id',
        label: 'Execution ID',
        type: 'string',
        required: false,
        helpText: 'The run of a job that the event belongs to, if it does.',
      },
      {
        key: 'idempotency_key',
        label: 'Idempotency Key',
        type: 'string',
        required: false,
        helpText:
          'Advised: a text that is the same when this run is replayed and different in the' +
          " next, such as the trigger's ID, with a word for this step if there are several." +
          ' The same key within 24 hours gives the same event, not a second one.',
      },
    ],
    outputFields,
    sample,
  },
};
