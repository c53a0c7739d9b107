'use strict';

const { eventId } = require('../lib/event');

/** The API answers nothing, Zapier wants an object. Saying it twice is fine. */
const perform = async (z, bundle) => {
  const id = eventId(bundle.inputData.event_id);
  if (!id) {
    throw new z.errors.Error('Event must be the ID of one, such as evt_…', 'invalid_input', 422);
  }
  await z.request({ method: 'POST', url: `/events/${id}/acknowledge` });
  return { id, acknowledged: true };
};

module.exports = {
  key: 'acknowledge_event',
  noun: 'Event',
  display: {
    label: 'Acknowledge Event',
    description: 'Says that an event is processed, so that it leaves the inbox for everybody.',
  },
  operation: {
    perform,
    inputFields: [
      {
        key: 'event_id',
        label: 'Event',
        type: 'string',
        required: true,
        dynamic: 'new_inbox_event.id.event_type',
        helpText: "Mostly the ID of the trigger's event.",
      },
    ],
    outputFields: [
      { key: 'id', label: 'ID', type: 'string', primary: true },
      { key: 'acknowledged', label: 'Acknowledged', type: 'boolean' },
    ],
    sample: { id: 'evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5', acknowledged: true },
  },
};
