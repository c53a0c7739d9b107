// Facts about what the console works out by itself, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { waitsOf, waitsInWords, policyOf } = await load("screens/policy_fields.tsx");
const { roundTop } = await load("ui/chart.tsx");
const { spanOf, secondsSince } = await load("ui/moments.ts");
const { findingsOf, nameOf } = await load("screens/verdict.tsx");
const { secretFacts } = await load("screens/source.tsx");
const { standingOf } = await load("screens/sources.tsx");
const { spelled } = await load("ui/spelling.ts");
const { indented, memberText } = await load("ui/indented.ts");
const { previewBody } = await load("screens/preview.tsx");
const { everyConfig } = await load("screens/destinations.tsx");
const { Client } = await load("../../clients/typescript/src/index.ts");
const { placeOf, href } = await load("router.ts");
const { shownOf, textsOf, valuesOf } = await load("ui/schema_form.tsx");

test("waits are typed as people write them, and told the same way", () => {
  assert.deepEqual(waitsOf("5, 60 s, 2 min,1h, 7 d"), [5, 60, 120, 3600, 604800]);
  assert.equal(waitsInWords([5, 60, 90, 3600, 172800]), "5 s, 1 min, 90 s, 1 h, 2 d");
  for (const waits of [null, [], [1], [5, 60, 3600], [86400, 604800]]) {
    assert.deepEqual(waitsOf(waitsInWords(waits)), waits);
  }
});

test("what is no wait is sent as it is, for the API to refuse", () => {
  assert.deepEqual(waitsOf("5, soon, 3 weeks"), [5, "soon", "3 weeks"]);
  assert.deepEqual(policyOf({ waits: "", timeout: " ", rate: "fast", signature: "v1" }), { retry_schedule_seconds: null, timeout_seconds: null, rate_limit_per_second: "fast", signature: null });
});

test("the top of a scale is a round number that nothing exceeds", () => {
  for (const [highest, top] of [[0, 1], [1, 1], [2, 2], [3, 4], [4.1, 5], [7, 10], [101, 200], [4200, 5000], [999_999, 1_000_000]]) {
    assert.equal(roundTop(highest), top);
  }
});

test("a span is told in its largest unit, and never below zero", () => {
  assert.deepEqual([-5, 59, 60, 3599, 3600, 47 * 3600, 48 * 3600].map(spanOf), ["0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 days"]);
  assert.equal(secondsSince("2026-11-22T00:00:00Z", Date.parse("2026-11-22T00:01:30Z")), 90);
});

test("names are spelled as their owners do", () => {
  assert.deepEqual(["pagerduty", "sqs", "slack", "standard-webhooks", "constructor"].map(spelled), ["PagerDuty", "Amazon SQS", "Slack", "Standard webhooks", "Constructor"]);
});

test("JSON is indented, and nothing in it changes", () => {
  assert.equal(indented('{"a":[1.0,12345678901234567890],"b":{},"c":"{\\"x\\": [1, 2]}"}'), '{\n  "a": [\n    1.0,\n    12345678901234567890\n  ],\n  "b": {},\n  "c": "{\\"x\\": [1, 2]}"\n}');
  for (const value of [[], {}, "", null, -1.5e300, [[{ a: [] }], "\\", 'a"b'], { "": { ",": ":" } }]) {
    assert.deepEqual(JSON.parse(indented(JSON.stringify(value))), value);
  }
  assert.equal(indented("Dear {customer}, "), "Dear {customer}, ");
});

test("a member is shown as it was written, whatever stands around it", () => {
  const payload = '{"payload":{"id":12345678901234567890,"total":1.0},"2":[],"1":"},"}';
  const told = (more) => `{"id":"payload", "of":["payload",{"payload":1}]${more}}`;
  assert.equal(memberText(told(`, "payload" : ${payload},"severity":"info"`), "payload"), payload);
  assert.equal(memberText(told(`,"pay\\u006coad":-0.10`), "payload"), "-0.10");
  assert.deepEqual(["", "[]", "{}", told("")].map((text) => memberText(text, "payload")), [undefined, undefined, undefined, undefined]);
});

test("an event is previewed number for number as it was typed", () => {
  const of = { config: { name: "Shop", settings: {} } };
  assert.equal(previewBody(of, '{"payload": {"id": 12345678901234567890}}'), '{"config":{"name":"Shop","settings":{}},"event":{"payload": {"id": 12345678901234567890}}}');
  assert.equal(previewBody({ config_id: "cfg_1" }, " evt_1\n"), '{"config_id":"cfg_1","event_id":"evt_1"}');
  assert.throws(() => previewBody(of, '{}, "config_id": 1'), SyntaxError);
});

test("one refusal, which anybody can cause, says nothing of a source that works", () => {
  const source = { enabled: true, arrived: 1, last_arrived_at: "2026-11-22T00:00:00.000001Z", last_refused_at: null };
  const states = (mores) => mores.map((more) => standingOf({ ...source, ...more }));
  assert.deepEqual(states([{}, { last_refused_at: "2026-11-22T00:59:00Z" }, { last_refused_at: "2026-11-21T00:00:00Z" }, { enabled: false }]), ["healthy", "healthy", "healthy", "paused"]);
  assert.deepEqual(states([{ last_refused_at: "2026-11-22T01:01:00Z" }, { last_arrived_at: null, last_refused_at: "2026-11-22T00:00:00Z" }, { last_arrived_at: null }]), ["last was refused", "last was refused", "new"]);
});

test("a source has no secret to verify with, whatever other secret it has", () => {
  assert.deepEqual([["secret", "verify_token"], ["verify_token"], []].map((set) => secretFacts(set).map(([name, value]) => `${name}: ${value}`)), [
    ["Secret: set, not shown", "verify token: set, not shown"],
    ["Secret: none set", "verify token: set, not shown"],
    ["Secret: none set"],
  ]);
  assert.deepEqual(secretFacts(undefined), [["Secret", "none set"]]);
});

const inbox = { pending: 0, failed: 0, leased: 0, oldest_pending_at: null, is_capped: false };
const config = (name, more = {}) => ({ id: `cfg_${name}`, name, enabled: true, disabled_reason: null, circuit: { state: "closed", failures: 0, opened_at: null, held_until: null }, ...more });
const ringing = { name: "triggers-prod-critical-stuck-queue", severity: "critical", state: "alarm" };

const seen = (alerts, secondsAgo = 0) => ({ alerts, as_of: new Date(Date.now() - secondsAgo * 1000).toISOString() });

test("nothing needs anybody where all is well, or may not be asked", () => {
  assert.deepEqual(findingsOf({ inbox, configs: [config("Shop"), config("Off", { enabled: false })], alarms: seen([{ ...ringing, state: "ok" }]) }), []);
  assert.deepEqual(findingsOf({ inbox: null, configs: null, alarms: null }), []);
});

test("what is worst comes first, and leads to where it is mended", () => {
  const failing = config("Crm", { circuit: { state: "open", failures: 12, opened_at: "2026-11-22T00:00:00Z", held_until: null } });
  const held = config("Slow", { circuit: { state: "closed", failures: 0, opened_at: null, held_until: "2026-11-22T00:00:00Z" } });
  const found = findingsOf({ inbox: { ...inbox, pending: 3, failed: 1, oldest_pending_at: "2020-01-01T00:00:00Z" }, configs: [held, failing], alarms: seen([ringing]) });
  assert.deepEqual(found.map((each) => [each.tone, each.to]), [
    ["bad", "#/deployment"],
    ["bad", "#/destinations/cfg_Crm"],
    ["warn", "#/destinations/cfg_Slow"],
    ["warn", "#/events?status=failed"],
    ["warn", "#/events?status=undelivered"],
  ]);
});

test("alarms that nobody looked at for long, or ever, are told of, and not taken for silent", () => {
  const told = (alarms) => findingsOf({ inbox: null, configs: null, alarms }).map((each) => [each.tone, each.says, each.to]);
  assert.deepEqual(told(seen([], 280)), []);
  assert.deepEqual(told(seen([{ ...ringing, state: "ok" }], 20 * 60 + 1)), [["warn", "Nobody has looked at the alarms for 20 min", "#/deployment"]]);
  assert.deepEqual(told({ alerts: [], as_of: null }), [["warn", "Nobody has looked at the alarms yet", "#/deployment"]]);
  assert.deepEqual(told({ alerts: [], as_of: "novelty" }), [["warn", "Nobody knows when the alarms were last looked at", "#/deployment"]]);
});

test("an alarm is called by its own words", () => {
  assert.equal(nameOf(ringing), "stuck queue");
  assert.equal(nameOf({ name: "a-warning-b-warning-api-latency", severity: "warning" }), "b warning api latency");
  assert.equal(nameOf({ name: "Somebody else's", severity: "" }), "Somebody else's");
});

test("an address leads back to what it was made of, whatever is in it", () => {
  const parts = ["executions", "exec/1?#%&ü🚀"];
  const place = placeOf(href(parts, { status: "a&b=c", none: "" }));
  assert.deepEqual([place.parts, [...place.query]], [parts, [["status", "a&b=c"]]]);
  assert.deepEqual(placeOf("#/events/%E0%A4%A").parts, ["events", "%E0%A4%A"]);
});

test("destinations are told of however many pages they fill", async () => {
  const pages = { "": [[{ id: "cfg_1" }], '<?cursor=c1>; rel="next"'], "?cursor=c1": [[{ id: "cfg_2" }, { id: "cfg_3" }], ""] };
  const fetch = async (url) => {
    const [configs, link] = pages[new URL(url).search];
    return new Response(JSON.stringify(configs), { headers: { link } });
  };
  const client = new Client({ url: "https://api.example.com", apiKey: "trg_key", fetch });
  assert.deepEqual((await everyConfig(client)).map(({ id }) => id), ["cfg_1", "cfg_2", "cfg_3"]);
});

const schema = {
  properties: {
    transport: { type: "string", enum: ["smtp", "ses"], default: "smtp" },
    host: { type: "string" },
    port: { type: "integer" },
    to: { type: "array" },
    headers: { type: "object" },
  },
  allOf: [{ if: { properties: { transport: { const: "smtp" } } }, then: { required: ["host"] }, else: { properties: { host: false, port: false } } }],
};

test("a form sends what its schema wants, and leaves out what does not count", () => {
  const texts = { transport: "ses", host: "mail", port: "25", to: "a@x\n\n b@x ", headers: "X-A: 1:2\nX-B: ü" };
  assert.deepEqual(valuesOf(schema, texts), { transport: "ses", to: ["a@x", "b@x"], headers: { "X-A": "1:2", "X-B": "ü" } });
  assert.deepEqual(Object.keys(shownOf(schema, {})), ["transport", "host", "port", "to", "headers"]);
  assert.equal(valuesOf(schema, { port: "two" }).port, "two");
});

test("settings that are read and sent again are the same", () => {
  const settings = { transport: "smtp", host: "mail", port: 25, to: ["a@x"], headers: { "X-A": "b: c" } };
  assert.deepEqual(valuesOf(schema, textsOf(settings)), settings);
});
