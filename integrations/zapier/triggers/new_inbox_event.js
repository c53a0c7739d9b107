'use strict';

const { outputFields, sample } = require('../lib/event');
const { firstOf, walk } = require('../lib/pages');

const HOUR = 3_600_000; // milliseconds
const SEED_HOURS = 25; // an hour more than a poll looks at: whatever a poll can see was seeded
const POLL_HOURS = 24; // a day in which Zapier may not come, and nothing is missed
const POLL_EVENTS = 1_000;
const POLL_BYTES = 10_000_000; // Zapier takes 20 MB
const SAMPLES = 3; // Zapier's editor shows no more
const CHOICES = 100;

const perform = (z, bundle) => {
  const { isFillingDynamicDropdown, isLoadingSample, isPopulatingDedupe } = bundle.meta ?? {};
  if (isLoadingSample) {
    return firstOf(z, '/inbox', asked(bundle, { limit: SAMPLES }), SAMPLES);
  }
  if (isFillingDynamicDropdown) {
    return firstOf(z, '/inbox', asked(bundle, { limit: CHOICES }), CHOICES, bare);
  }
  return isPopulatingDedupe ? seed(z, bundle) : poll(z, bundle);
};

/**
 * All that was there when the Zap was switched on: Zapier never acts on these.
 *
 * It must be all of what a later poll can see. Another consumer acknowledges the newest, the
 * older ones move up, and one that Zapier has not heard of would pass for new.
 */
const seed = async (z, bundle) => {
  const { found, isWhole } = await lately(z, bundle, SEED_HOURS, { keep: bare, isPatient: true });
  if (!isWhole) {
    throw new z.errors.Error(
      `There are too many undelivered events of the last ${SEED_HOURS} hours to look through` +
        ` (more than ${found.length}), so that old ones would be taken for new.` +
        ' Have them acknowledged, choose an event type, or use the instant trigger New Event.',
      'inbox_too_full',
      400,
    );
  }
  return found;
};

/** The newest, as many as may have come since the last poll; Zapier knows which it has seen. */
const poll = async (z, bundle) => {
  const isEnough = (found, bytes) => found.length >= POLL_EVENTS || bytes >= POLL_BYTES;
  const { found } = await lately(z, bundle, POLL_HOURS, { isEnough });
  return found;
};

const lately = (z, bundle, hours, options) => {
  const since = new Date(Date.now() - hours * HOUR).toISOString();
  return walk(z, '/inbox', asked(bundle, { limit: 100, since }), options);
};

/** Where only ids and types count, so that many fit. */
const bare = (events) => events.map((event) => ({ ...event, payload: {}, metadata: {} }));

const asked = (bundle, params) => {
  const eventType = String(bundle.inputData?.event_type ?? '').trim();
  return { order: 'desc', ...params, ...(eventType && { event_type: eventType }) };
};

module.exports = {
  key: 'new_inbox_event',
  noun: 'Event',
  display: {
    label: 'New Inbox Event',
    description:
      'Triggers when a new event is in the inbox, that is, not acknowledged yet by anybody.',
  },
  operation: {
    type: 'polling',
    perform,
    inputFields: [
      {
        key: 'event_type',
        label: 'Event Type',
        type: 'string',
        required: false,
        placeholder: 'invoice.*',
        helpText:
          'One type such as `invoice.failed`, or a prefix: `invoice.*` takes' +
          ' `invoice.failed` and `invoice.line.added`. Left empty: all events.',
      },
    ],
    outputFields,
    sample,
  },
};
