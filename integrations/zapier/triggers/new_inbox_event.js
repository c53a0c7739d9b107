'use strict';

const { outputFields, sample } = require('../lib/event');
const { pages } = require('../lib/pages');

const HOUR = 3_600_000; // milliseconds
const SEED_HOURS = 25; // an hour more than a poll looks at: whatever a poll can see was seeded
const POLL_HOURS = 24; // a day in which Zapier may not come, and nothing is missed
const POLL_EVENTS = 1_000;
const POLL_BYTES = 10_000_000; // Zapier takes 20 MB
const WALK_SECONDS = 20; // Zapier gives 30, and its test of the connection is in them

const perform = (z, bundle) => {
  const { isFillingDynamicDropdown, isLoadingSample, isPopulatingDedupe } = bundle.meta ?? {};
  if (isLoadingSample || isFillingDynamicDropdown) {
    return newest(z, bundle, isLoadingSample ? 3 : 100);
  }
  return isPopulatingDedupe ? seed(z, bundle) : poll(z, bundle);
};

/** A few to show to a person, however old. */
const newest = async (z, bundle, limit) => {
  const { value } = await pages(z, '/inbox', asked(bundle, { limit })).next();
  return value.events;
};

/**
 * All that was there when the Zap was switched on: Zapier never acts on these.
 *
 * It must be all of what a later poll can see. Another consumer acknowledges the newest, the
 * older ones move up, and one that Zapier has not heard of would pass for new.
 */
const seed = async (z, bundle) => {
  const { events, isWhole } = await walk(z, bundle, SEED_HOURS, () => true);
  if (!isWhole) {
    throw new z.errors.Error(
      `There are too many undelivered events of the last ${SEED_HOURS} hours to look through` +
        ` (${events.length} in ${WALK_SECONDS} seconds), so that old ones would be taken for new.` +
        ' Have them acknowledged, choose an event type, or use the instant trigger New Event.',
      'inbox_too_full',
      400,
    );
  }
  return events.map((event) => ({ ...event, payload: {}, metadata: {} })); // the ids count
};

/** The newest, as many as may have come since the last poll; Zapier knows which it has seen. */
const poll = async (z, bundle) => {
  let bytes = 0;
  const { events } = await walk(z, bundle, POLL_HOURS, (page, count) => {
    bytes += page.bytes;
    return bytes < POLL_BYTES && count < POLL_EVENTS;
  });
  return events;
};

const walk = async (z, bundle, hours, goesOn) => {
  const begun = Date.now();
  const since = new Date(begun - hours * HOUR).toISOString();
  const events = [];
  for await (const page of pages(z, '/inbox', asked(bundle, { limit: 100, since }))) {
    events.push(...page.events);
    if (Date.now() - begun > WALK_SECONDS * 1_000 || !goesOn(page, events.length)) {
      return { events, isWhole: false };
    }
  }
  return { events, isWhole: true };
};

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
