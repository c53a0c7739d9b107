'use strict';

/** The integration, run by Zapier's own tester as Zapier would run it. */

const zapier = require('zapier-platform-core');

zapier.tools.env.inject(); // whoever runs these by hand may keep URL and key in .env
process.env.TRIGGERS_ALLOW_LOCAL = '1';
process.env.NODE_ENV ??= 'test'; // the tester then holds Zapier's own checks against every answer

const App = require('..');

const run = zapier.createAppTester(App);

const META = {
  isBulkRead: false,
  isFillingDynamicDropdown: false,
  isLoadingSample: false,
  isPopulatingDedupe: false,
  isTestingAuth: false,
  limit: -1,
  page: 0,
};

/** A connection: what every step of its Zaps is given. */
class Connection {
  constructor(baseUrl, apiKey) {
    this.authData = { base_url: baseUrl, api_key: apiKey };
  }

  bundle({ meta, ...more } = {}) {
    return { authData: this.authData, inputData: {}, meta: { ...META, ...meta }, ...more };
  }

  run(perform, more) {
    return run(perform, this.bundle(more));
  }
}

const triggers = {
  inbox: App.triggers.new_inbox_event.operation,
  instant: App.triggers.new_event.operation,
};
const creates = {
  create: App.creates.create_event.operation,
  acknowledge: App.creates.acknowledge_event.operation,
};
const find = App.searches.find_event.operation;

module.exports = { App, Connection, creates, find, run, triggers };
