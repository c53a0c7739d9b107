// Facts about the filters of a list, which are in its address.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { loadHooks } from "./hooks.mjs";

const { asked, held, placeOf, typedMoment, useFilters } = await loadHooks("ui/filters.ts", `export * from "./src/router.ts";`, `export { typedMoment } from "./src/ui/fields.tsx";`);
const zone = process.env.TZ;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => {
  process.env.TZ = zone ?? "";
});

/** A list at an address; what is typed gets there after a moment. */
async function listAt(hash) {
  globalThis.location = { hash, replace: (to) => (location.hash = to) };
  const list = held(() => useFilters(placeOf(location.hash), ["status", "event_type", "since"]));
  await list.again();
  return list;
}

const filtersNow = () => Object.fromEntries(placeOf(location.hash).query);

test("what is typed gets into the address once nobody types", async () => {
  const { now } = await listAt("#/events?status=failed");
  for (const typed of ["i", "in", "inv"]) {
    now().set("event_type", typed);
    mock.timers.tick(299);
    assert.equal(location.hash, "#/events?status=failed");
  }
  mock.timers.tick(1);
  assert.deepEqual(filtersNow(), { status: "failed", event_type: "inv" });
});

test("a reader who has gone on is not pulled back by what was typed", async () => {
  for (const elsewhere of ["#/events/evt_1", "#/events", ""]) {
    const { now, leave } = await listAt("#/events?status=failed");
    now().set("event_type", "inv");
    location.hash = elsewhere;
    if (elsewhere !== "#/events") leave();
    mock.timers.tick(1000);
    assert.equal(location.hash, elsewhere);
  }
});

test("of two filters that are typed at once, none is lost, whatever the screen does meanwhile", async () => {
  const { now, again } = await listAt("#/events");
  now().set("event_type", "inv");
  await again(); // as when an answer comes in
  now().set("status", "failed");
  mock.timers.tick(300);
  now().set("since", "soon"); // before the screen knows its new address
  mock.timers.tick(300);
  assert.deepEqual(filtersNow(), { event_type: "inv", status: "failed", since: "soon" });
});

test("a filtered list means the same times to a reader in another zone", async () => {
  process.env.TZ = "Europe/Berlin";
  const { now } = await listAt("#/events");
  now().set("since", "2026-11-22T10:30");
  mock.timers.tick(300);
  const wanted = { since: "2026-11-22T09:30:00.000Z" };
  assert.deepEqual(filtersNow(), wanted);

  process.env.TZ = "America/New_York";
  assert.deepEqual(asked(filtersNow()), wanted);
  assert.equal(typedMoment(filtersNow().since), "2026-11-22T04:30");
});
