'use strict';

const { isGone, notTheApi } = require('./lib/answers');

/** Ask whose key this is: the cheap call that tests it, whatever its scopes. */
const test = async (z) => {
  const { data } = await z.request({ url: '/me', expects: isGone }); // /events/me is an event's
  if (typeof data?.tenant !== 'string') {
    throw notTheApi(z);
  }
  return data;
};

module.exports = {
  type: 'custom',
  test,
  connectionLabel: '{{tenant}} · {{key_name}}',
  fields: [
    {
      key: 'base_url',
      label: 'API URL',
      type: 'string',
      required: true,
      placeholder: 'https://abc123.execute-api.eu-central-1.amazonaws.com',
      helpText:
        'Where your Triggers API is, beginning with `https://`: the output `ApiUrl` of its' +
        ' stack. Whoever gave you the key knows it.',
    },
    {
      key: 'api_key',
      label: 'API Key',
      type: 'password',
      required: true,
      helpText:
        'A key of your own for Zapier. Its scopes decide what works: `inbox` for New Inbox' +
        ' Event and Acknowledge Event, `notifications:manage` and `events:read` for New Event,' +
        ' `events:write` for Create Event, `events:read` for Find Event.',
    },
  ],
};
