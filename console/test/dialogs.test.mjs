// Facts about what dialogs begin with, and about copying.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { loadHooks, settled } from "./hooks.mjs";

const { held: heldChoice, useChoice } = await loadHooks("screens/replay.tsx");
const { held: heldCopy, useCopy } = await loadHooks("ui/parts.tsx");

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

/** What the button says, and what is selected, where a browser has this clipboard. */
async function copying(clipboard) {
  const selected = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.getSelection = () => ({ selectAllChildren: (shown) => selected.push(shown) });
  Object.defineProperty(globalThis, "navigator", { value: { clipboard, platform: "Linux x86_64" }, configurable: true });
  const { again, now } = heldCopy(() => useCopy("whsec_1"));
  await again();
  await now().copy("the text on the page");
  await settled();
  return { word: now().word, selected };
}

test("what the browser does not let a page copy is selected, and how to copy it is told", async () => {
  const refused = { writeText: () => Promise.reject(new DOMException("not allowed", "NotAllowedError")) };
  for (const clipboard of [refused, undefined]) {
    assert.deepEqual(await copying(clipboard), { word: "Press Ctrl+C", selected: ["the text on the page"] });
  }
});

test("what was copied is not selected too", async () => {
  const kept = [];
  assert.deepEqual(await copying({ writeText: async (text) => void kept.push(text) }), { word: "Copied", selected: [] });
  assert.deepEqual(kept, ["whsec_1"]);
});
