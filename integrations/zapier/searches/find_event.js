'use strict';

const { isGone } = require('../lib/answers');
const { eventId, outputFields, sample } = require('../lib/event');

/** One event, or none: one that is unknown, dropped or erased is not an error here. */
const perform = async (z, bundle) => {
  const id = eventId(bundle.inputData.event_id);
  if (!id) {
    return [];
  }
  const { status, data } = await z.request({ url: `/events/${id}`, expects: isGone });
  return status === 200 ? [data] : [];
};

module.exports = {
  key: 'find_event',
  noun: 'Event',
  display: { label: 'Find Event', description: 'Finds an event by its ID, as it is now.' },
  operation: {
    perform,
    inputFields: [
      {
        key: 'event_id',
        label: 'Event ID',
        type: 'string',
        required: true,
        placeholder: 'evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5',
        helpText: 'Begins with `evt_`.',
      },
    ],
    outputFields,
    sample,
  },
};
