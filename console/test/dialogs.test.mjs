// Facts about what dialogs begin with.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadHooks } from "./hooks.mjs";

const { held: heldChoice, useChoice } = await loadHooks("screens/replay.tsx");

test("a replay is of what the list is filtered by, unless something else is chosen in its dialog", async () => {
  let listed = "";
  const choice = heldChoice(() => useChoice(listed));
  const value = async () => (await choice.again(), choice.now().value);
  assert.equal(await value(), "");
  listed = "cfg_crm";
  assert.equal(await value(), "cfg_crm");
  choice.now().choose("");
  assert.equal(await value(), "");
  choice.now().forget(); // as it opens again
  assert.equal(await value(), "cfg_crm");
});
