'use strict';

const { parseExactly } = require('../lib/exact_json');
const { SEVERITIES, outputFields, sample } = require('../lib/event');
const { firstOf, walk } = require('../lib/pages');
const { isGenuine, keyOf } = require('../lib/signature');

const CONFIGS = '/notifications/configs';
const GRAVITIES = Object.keys(SEVERITIES); // from light to grave
const SAMPLES = 3; // Zapier's editor shows no more

const performSubscribe = async (z, bundle) => {
  await removeEarlier(z, bundle.targetUrl);
  const { data } = await z.request({
    method: 'POST',
    url: CONFIGS,
    body: {
      name: 'Zapier: New Event',
      channel: 'webhook',
      settings: { url: bundle.targetUrl },
      filters: filters(bundle.inputData),
    },
  });
  return { id: data.id, secret: data.secret };
};

/** What an earlier try left whose answer was lost: else each event would come twice. */
const removeEarlier = async (z, targetUrl) => {
  const ofThisZap = (configs) => configs.filter(({ settings }) => settings.url === targetUrl);
  const { found, isWhole } = await walk(z, CONFIGS, {}, { keep: ofThisZap, isPatient: true });
  for (const { id } of found) {
    await remove(z, id);
  }
  if (!isWhole) {
    throw new z.errors.ThrottledError('There are too many subscriptions to look through.', 30);
  }
};

/** By the id that Zapier kept or, where it kept none or a dead one, by the Zap's own URL. */
const performUnsubscribe = async (z, bundle) => {
  const id = bundle.subscribeData?.id;
  const removed = id ? await remove(z, id) : undefined;
  if (removed?.status === 204) {
    return { id };
  }
  if (!bundle.targetUrl) {
    throw new z.errors.Error(
      'Zapier does not know any more which subscription was this Zap\u2019s. Delete the one named' +
        ' "Zapier: New Event" in your Triggers API: it is still pushed to.',
      'unknown_subscription',
      404,
    );
  }
  await removeEarlier(z, bundle.targetUrl);
  return { id: id ?? null };
};

const remove = (z, id) =>
  z.request({
    method: 'DELETE',
    url: `${CONFIGS}/${encodeURIComponent(id)}`,
    expects: ({ data }) => data?.error === 'config_not_found',
  });

const perform = (z, bundle) => {
  const key = keyOf(bundle.subscribeData?.secret);
  if (key === null) {
    // An Error, which its owner is told of: without the secret the Zap cannot fire again.
    throw new z.errors.Error(
      'Zapier has no secret of this Zap, so that nobody can tell who sent this push. Switch the' +
        ' Zap off and on.',
      'unknown_secret',
      404,
    );
  }
  if (!isGenuine(key, bundle.rawRequest ?? {})) {
    // Not an Error: somebody who knows the hook's URL could switch the Zap off with those.
    throw new z.errors.HaltedError(
      'This push is not signed with the secret of this Zap. If that secret was rotated, switch' +
        ' the Zap off and on; if not, somebody else sent it.',
    );
  }
  // Zapier's own reading of the push, the cleaned one, rounds numbers.
  const content = bundle.rawRequest?.content;
  return [content ? parseExactly(content) : bundle.cleanedRequest];
};

/** What would have fired lately, to show in the editor, also when the inbox is empty. */
const performList = (z, bundle) => {
  const { event_types: types = [], min_severity: severity } = filters(bundle.inputData);
  const params = {
    limit: types.length > 1 || severity ? 100 : SAMPLES, // the list itself filters by one type
    ...(types.length === 1 && { event_type: types[0] }),
  };
  const would = (event) => isOneOf(types, event) && isAsGrave(severity, event);
  return firstOf(z, '/events', params, SAMPLES, (events) => events.filter(would));
};

const isOneOf = (types, { event_type: type }) =>
  types.length === 0 ||
  types.some((each) => (each.endsWith('.*') ? type.startsWith(each.slice(0, -1)) : type === each));

const isAsGrave = (least, { severity }) => GRAVITIES.indexOf(severity) >= GRAVITIES.indexOf(least);

/** Which events: all, but for what is given. */
const filters = (inputData) => {
  const types = eventTypes(inputData);
  const severity = inputData?.min_severity;
  return { ...(types.length && { event_types: types }), ...(severity && { min_severity: severity }) };
};

const eventTypes = (inputData) =>
  [inputData?.event_types ?? []].flat().map((type) => String(type ?? '').trim()).filter(Boolean);

module.exports = {
  key: 'new_event',
  noun: 'Event',
  display: {
    label: 'New Event',
    description: 'Triggers when a new event is posted, at once.',
  },
  operation: {
    type: 'hook',
    perform,
    performList,
    performSubscribe,
    performUnsubscribe,
    inputFields: [
      {
        key: 'event_types',
        label: 'Event Types',
        type: 'string',
        list: true,
        required: false,
        placeholder: 'invoice.*',
        helpText:
          'Types such as `invoice.failed`, or prefixes such as `invoice.*`, one a line.' +
          ' Left empty: all events.',
      },
      {
        key: 'min_severity',
        label: 'Minimum Severity',
        choices: SEVERITIES,
        required: false,
        helpText: 'This severity or a graver one. Left empty: all events.',
      },
    ],
    outputFields,
    sample,
  },
};
