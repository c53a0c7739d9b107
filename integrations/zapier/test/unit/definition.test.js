'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const zapier = require('zapier-platform-core');

const { App } = require('../integration');
const { outputFields, sample } = require('../../lib/event');

const steps = () =>
  [App.triggers, App.creates, App.searches].flatMap((kind) => Object.values(kind));

test('Zapier finds no fault with the definition', async () => {
  const { results } = await zapier.createAppHandler(App)({ command: 'validate' });

  assert.deepEqual(results, []);
});

test('titles and descriptions are what Zapier asks of published integrations', () => {
  for (const { display } of steps()) {
    assert.match(display.label, /^([A-Z][a-z]+ ?)+$/);
    assert.match(display.description, /^[A-Z].*\.$/);
  }
  for (const { display } of Object.values(App.triggers)) {
    assert.match(display.description, /^Triggers when /);
  }
});

test('every field of the output is in the sample, and times have a zone', () => {
  for (const { key, type } of outputFields) {
    assert.ok(key in sample, key);
    if (type === 'datetime' && sample[key] !== null) {
      assert.match(sample[key], /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    }
  }
});

test('an event has the same sample wherever it comes from', () => {
  for (const { operation } of steps().filter(({ key }) => key !== 'acknowledge_event')) {
    assert.equal(operation.sample, sample);
    assert.equal(operation.outputFields, outputFields);
  }
});
