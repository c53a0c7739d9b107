// Facts about which screens a key may see.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLines } from "./load.mjs";

const { NotHere, screenAt, screensFor } = await loadLines(
  `export { NotHere } from "./src/screens/not_here";`,
  `export { screenAt, screensFor } from "./src/screens";`,
);

const FIRST = { parts: [], query: new URLSearchParams() };
const screensOf = (...scopes) => screensFor({ can: (scope) => scopes.includes(scope) });
const told = (screens) => JSON.stringify(NotHere({ screens, leave: () => undefined }));

test("a key that may see no screen is told which scopes lead to one, and to none that is not there", () => {
  const screens = screensOf("events:write", "events:erase");
  assert.deepEqual([screens, screenAt(FIRST, screens)], [[], null]);
  const says = told(screens);
  for (const scope of ["inbox", "events:read", "notifications:manage", "keys:manage", "metrics:read", "operator", "admin"]) {
    assert.ok(says.includes(scope), scope);
  }
  assert.ok(!says.includes("#/"));
});

test("who may see a screen is led back to the first one from an address that is none", () => {
  const screens = screensOf("keys:manage");
  assert.equal(screenAt(FIRST, screens).screen.section, "keys");
  assert.match(told(screens), /"to":"#\/"/);
});
