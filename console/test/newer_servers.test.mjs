// What the console makes of an answer of a newer or older server: of what it does not know.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Details, Status, Time } = await load("ui/parts.tsx");
const { dayName, hourName } = await load("ui/moments.ts");
const { healthOf } = await load("screens/destinations.tsx");
const { lastAnswer } = await load("screens/deliveries.tsx");
const { signedBy } = await load("screens/destination.tsx");
const { shownOf } = await load("ui/schema_form.tsx");
const { findingsOf, nameOf } = await load("screens/verdict.tsx");

const seen = (alerts) => ({ alerts, as_of: new Date().toISOString() });

/** The texts of what is shown. */
function textOf(shown) {
  if (Array.isArray(shown)) return shown.map(textOf).join("");
  if (shown === null || shown === undefined || typeof shown === "boolean") return "";
  return typeof shown === "object" ? textOf(shown.props.children) : String(shown);
}

test("a word that is not known is shown as it is, and one that is missing as a dash", () => {
  assert.deepEqual(["novel_word", "constructor", undefined, null, 7].map((of) => textOf(Status({ of }))), ["novel word", "constructor", "–", "–", "7"]);
  assert.equal(Status({ of: "constructor" }).props.tone, "plain");
});

test("a time that cannot be read is shown as it is", () => {
  assert.equal(textOf(Time({ at: "novelty" })), "novelty");
  assert.equal(textOf(Time({ at: undefined, missing: "never" })), "never");
  assert.deepEqual([hourName("novelty"), dayName("novelty")], ["novelty", "novelty"]);
});

test("the health of a destination is its circuit's, whatever its word, or unknown", () => {
  const config = { enabled: true, disabled_reason: null };
  assert.equal(healthOf({ ...config, circuit: { state: "novelty", held_until: null } }), "novelty");
  assert.equal(healthOf({ ...config, circuit: { state: "closed" } }), "healthy");
  assert.equal(healthOf(config), "unknown");
  assert.equal(healthOf({ enabled: false }), "paused");
});

test("a destination in a state that is not known is told of, and not called well", () => {
  const config = { id: "cfg_1", name: "Shop", enabled: true, disabled_reason: null, circuit: { state: "novelty", held_until: null } };
  const [finding, ...more] = findingsOf({ configs: [config], inbox: { pending: 0, failed: 0 }, alarms: seen([{ name: "a", state: "novelty", severity: "novelty" }]) });
  assert.deepEqual([finding.tone, finding.says, more.length], ["warn", "Shop is “novelty”", 0]);
});

test("an alarm of a severity that is not known has its name, and does not ring as critical", () => {
  assert.equal(nameOf({ name: "triggers-prod-novel-depth", severity: "novel" }), "depth");
  const alarm = { name: "depth", state: "alarm", severity: "novelty" };
  assert.deepEqual(findingsOf({ configs: null, inbox: null, alarms: seen([alarm]) }).map(({ tone }) => tone), ["warn"]);
});

test("a delivery tells its last answer as far as it is there", () => {
  assert.equal(lastAnswer({ attempts: [], reason: "novelty" }), "novelty");
  assert.equal(lastAnswer({ attempts: [{ status_code: 299 }] }), "299");
  assert.equal(lastAnswer({}), "–");
});

test("a kind of signature that is not known has its own name", () => {
  assert.deepEqual([signedBy({ signature: "v1" }), signedBy({ signature: "v2" }), signedBy({})], ["v1: by a secret that both sides know", "v2", "no"]);
});

test("details in another shape are shown as they are", () => {
  const details = [{ field: "name", message: "too long" }, "odd", null, { why: "because" }];
  assert.equal(textOf(Details({ of: details })), 'name: too longoddnull{"why":"because"}');
});

test("rules of a channel's settings that are not known hide nothing", () => {
  const properties = { url: {}, depth: { type: "hologram" } };
  const allOf = [{ required: ["url"] }, { if: { novelty: [] }, then: {} }, { if: { properties: { url: { enum: ["a"] } } } }];
  assert.deepEqual(shownOf({ properties, allOf }, {}), properties);
});
