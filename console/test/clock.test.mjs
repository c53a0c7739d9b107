// Facts about how old something is, on a computer whose clock is wrong.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { loadLines } from "./load.mjs";

const { findingsOf, isFresh, signIn } = await loadLines(
  `export { signIn } from "./src/session";`,
  `export { findingsOf, isFresh } from "./src/screens/verdict";`,
);

const TRUE_TIME = Date.parse("2026-11-22T12:00:00Z");
const MINUTES = 60_000;
const at = (minutesAgo) => new Date(TRUE_TIME - minutesAgo * MINUTES).toISOString();
const looked = (minutesAgo) => findingsOf({ inbox: null, configs: null, alarms: { alerts: [], as_of: at(minutesAgo) } }).map((each) => each.says);

beforeEach(() => {
  globalThis.document = { querySelector: () => null };
  globalThis.location = { origin: "https://api.example.com", pathname: "/console" };
  globalThis.sessionStorage = { setItem: () => undefined };
});

/** Signed in at an API that is right, in a browser that is not. */
async function browserAhead(minutes, headers = { date: new Date(TRUE_TIME).toUTCString() }) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now: TRUE_TIME + minutes * MINUTES });
  globalThis.fetch = async () => new Response(JSON.stringify({ tenant: "acme", scopes: ["metrics:read"] }), { headers });
  await signIn("trg_key");
}

test("an age is counted by the API's clock, however wrong the browser's is", async () => {
  for (const minutes of [20, -20, 0]) {
    await browserAhead(minutes);
    assert.deepEqual([looked(1), isFresh(at(1)), looked(12)], [[], true, ["Nobody has looked at the alarms for 12 min"]]);
  }
});

test("the API's clock goes on between two answers", async () => {
  await browserAhead(20);
  mock.timers.tick(6 * MINUTES);
  assert.deepEqual(looked(1), ["Nobody has looked at the alarms for 7 min"]);
});

test("an answer that does not tell the time takes nothing from one that did", async () => {
  await browserAhead(20);
  await browserAhead(20, {});
  await browserAhead(20, { date: "today" });
  assert.deepEqual(looked(1), []);
});
