'use strict';

/** The event in its one shape: the same in lists, pushes and samples. */

const sample = require('../samples/event.json');

const SEVERITIES = { info: 'Info', warning: 'Warning', error: 'Error', critical: 'Critical' };

const outputFields = [
  { key: 'id', label: 'ID', type: 'string', primary: true },
  { key: 'event_id', label: 'Event ID', type: 'string' },
  { key: 'event_type', label: 'Event Type', type: 'string' },
  { key: 'severity', label: 'Severity', type: 'string' },
  { key: 'execution_id', label: 'Execution ID', type: 'string' },
  { key: 'status', label: 'Status', type: 'string' },
  { key: 'created_at', label: 'Created At', type: 'datetime' },
  { key: 'delivered_at', label: 'Delivered At', type: 'datetime' },
  { key: 'delivery_attempts', label: 'Delivery Attempts', type: 'integer' },
];

const ID = /^[\w-]+$/;

/** The id that a person gave; none, where it cannot be one: `..` would lead to another path. */
const eventId = (given) => {
  const id = String(given ?? '').trim();
  return ID.test(id) ? id : undefined;
};

module.exports = { SEVERITIES, eventId, outputFields, sample };
