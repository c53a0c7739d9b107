'use strict';

const zapier = require('zapier-platform-core');

const authentication = require('./authentication');
const createEvent = require('./creates/create_event');
const acknowledgeEvent = require('./creates/acknowledge_event');
const { answered } = require('./lib/answers');
const { toTheApi } = require('./lib/requests');
const findEvent = require('./searches/find_event');
const newEvent = require('./triggers/new_event');
const newInboxEvent = require('./triggers/new_inbox_event');
const { version } = require('./package.json');

module.exports = {
  version,
  platformVersion: zapier.version,
  flags: {
    // Else Zapier takes "", null, [] and {} out of what a person gives, also inside a payload.
    cleanInputData: false,
    throwForThrottlingEarly: false, // our own reading of a 429 tells what the API said
  },
  authentication,
  beforeRequest: [toTheApi],
  afterResponse: [answered],
  triggers: { [newInboxEvent.key]: newInboxEvent, [newEvent.key]: newEvent },
  creates: { [createEvent.key]: createEvent, [acknowledgeEvent.key]: acknowledgeEvent },
  searches: { [findEvent.key]: findEvent },
};
