// What the forms send of something that is there already: what was changed in them, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { patchOf } = await load("ui/patch.ts");
const { changesOf, typedOf } = await load("screens/destination_body.ts");
const { changesOf: changesOfSource } = await load("screens/source_form.tsx");
const { previewBody, previewedOf } = await load("screens/preview.tsx");
const { changedLimits } = await load("screens/tenant.tsx");

/** What a server makes of a patch (RFC 7396). */
function merged(target, patch) {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = { ...(typeof target === "object" && !Array.isArray(target) ? target : {}) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

test("a patch makes of one object the other, and says nothing of what is alike", () => {
  const before = { same: 1, list: [1, 2], deep: { same: "a", gone: "b", changed: 1 }, gone: {}, scalar: 1 };
  const after = { same: 1, list: [2], deep: { same: "a", changed: [1] }, scalar: { now: "more" }, added: {} };
  assert.deepEqual(merged(before, patchOf(before, after)), after);
  assert.deepEqual(Object.keys(patchOf(before, after)), ["list", "deep", "gone", "scalar", "added"]);
  assert.deepEqual(patchOf(after, after), {});
  assert.deepEqual(patchOf({ none: null }, {}), {});
});

const channels = [
  {
    channel: "webhook",
    sends_json: true,
    settings: { properties: { url: { type: "string" }, method: { enum: ["POST", "PUT"], default: "POST" }, headers: { type: "object" }, bearer_token: { type: "string", writeOnly: true } }, required: ["url"] },
  },
  { channel: "slack", sends_json: false, settings: { properties: { webhook_url: { type: "string", writeOnly: true } }, required: ["webhook_url"] } },
];
const config = {
  id: "cfg_1",
  name: "Shop",
  channel: "webhook",
  settings: { url: "https://a.example", method: "POST", headers: { "X-Api-Key": "********", "X-Team": "********" }, novel: { of: "a newer server" } },
  secrets_set: ["bearer_token", "headers", "secret"],
  filters: { event_types: ["invoice.*"], min_severity: null, connectors: null, entity_types: null, error_types: null, match: null, novel: "kept" },
  message_template: null,
  transform: "{'total': payload.total}",
  acknowledges: false,
  enabled: false,
  disabled_reason: "410",
  retry_schedule_seconds: [5, 60],
  timeout_seconds: 7,
  rate_limit_per_second: null,
  signature: "v1a",
};
const changed = (more) => changesOf(config, { ...typedOf(config, channels), ...more }, channels);
const settings = (more) => changed({ settings: { ...typedOf(config, channels).settings, ...more } });

test("a form that nothing was changed in has nothing to send, so that no pause ends by it", () => {
  assert.deepEqual(changed({}), {});
  assert.equal("enabled" in changed({ name: "Another" }), false);
});

test("a setting that is emptied is taken away, and so is one header of several", () => {
  assert.deepEqual(settings({ headers: "" }), { settings: { headers: null } });
  assert.deepEqual(settings({ headers: "X-Team: ********" }), { settings: { headers: { "X-Api-Key": null } } });
  assert.deepEqual(settings({ headers: "X-Api-Key: new\nX-Team: ********" }), { settings: { headers: { "X-Api-Key": "new" } } });
});

test("a secret that is left empty stays, and one that shall be removed is null", () => {
  assert.deepEqual(settings({ bearer_token: "" }), {});
  assert.deepEqual(settings({ bearer_token: null }), { settings: { bearer_token: null } });
  assert.deepEqual(settings({ bearer_token: "another" }), { settings: { bearer_token: "another" } });
});

test("what else is changed goes alone, and a default comes back as null", () => {
  const typed = typedOf(config, channels);
  assert.deepEqual(changed({ filters: { ...typed.filters, event_types: "", min_severity: "error" } }), { filters: { event_types: null, min_severity: "error" } });
  assert.deepEqual(changed({ policy: { ...typed.policy, waits: "", signature: "v1" } }), { retry_schedule_seconds: null, signature: null });
  assert.deepEqual(changed({ transform: " ", acknowledges: true }), { transform: null, acknowledges: true });
});

test("another channel begins with its own settings, and says what it cannot take away", () => {
  const typed = typedOf(config, channels);
  const policy = { ...typed.policy, timeout: "", signature: "v1" };
  assert.deepEqual(changed({ channel: "slack", policy, settings: { ...typed.settings, webhook_url: "https://hooks.slack.com/x" } }), {
    channel: "slack",
    settings: { webhook_url: "https://hooks.slack.com/x" },
    transform: null,
  });
});

test("a kept destination is previewed by its id with what was changed, so that its hidden secrets are its own", () => {
  const body = (changes) => JSON.parse(previewBody(previewedOf(config, { name: "whole" }, changes), "{}"));
  assert.deepEqual(body(settings({ headers: "X-Api-Key: new\nX-Team: ********" })), { config_id: "cfg_1", config: { settings: { headers: { "X-Api-Key": "new" } } }, event: {} });
  assert.deepEqual(body(changed({})), { config_id: "cfg_1", event: {} });
  assert.deepEqual(previewedOf(null, { name: "New" }, { name: "New" }), { config: { name: "New" } });
});

test("a source's form sends what was changed in it, and never whether it is paused", () => {
  const schema = { properties: { prefix: { type: "string" }, verify_token: { type: "string", writeOnly: true } } };
  const source = { name: "Shop", provider: "hmac", settings: { prefix: "sha256=" }, event_type: "paid", enabled: false, secrets_set: ["secret"] };
  const typed = { name: "Shop", provider: "hmac", settings: { prefix: "sha256=" }, event_type: "paid" };
  assert.deepEqual(changesOfSource(source, typed, schema), {});
  assert.deepEqual(changesOfSource(source, { ...typed, settings: {}, event_type: null, secret: "s" }, schema), { settings: { prefix: null }, event_type: null, secret: "s" });
  assert.deepEqual(changesOfSource(source, { ...typed, provider: "none", settings: {} }, schema), { provider: "none" });
});

test("of a tenant's limits those go that were typed anew", () => {
  const read = { burst: "100", configs: "none", events_per_day: "" };
  assert.deepEqual(changedLimits(read, read), {});
  assert.deepEqual(changedLimits(read, { burst: "", configs: "none", events_per_day: "None" }), { burst: "default", events_per_day: null });
});
