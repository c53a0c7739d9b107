// Runs a hook of the console without a browser: in a component that shows nothing.

import { loadLines } from "./load.mjs";

/** What a module and more lines export, and `held`, which runs a hook of it. */
export async function loadHooks(module, ...more) {
  const { h, options, render, ...exported } = await loadLines(
    `export { h, options, render } from "preact";`,
    `export * from "./src/${module}";`,
    ...more,
  );
  globalThis.document ??= { visibilityState: "visible", querySelector: () => null };
  options.requestAnimationFrame = queueMicrotask; // effects need no frame, as there is none

  /** The hook as a screen holds it: `now()` is what it says, `again()` renders, `leave()` unmounts. */
  function held(hook, within = (screen) => screen) {
    const place = { nodeType: 1, childNodes: [], firstChild: null };
    let said;
    const Screen = () => {
      said = hook();
      return null;
    };
    const again = async () => {
      render(within(h(Screen, { turn: {} })), place);
      await settled();
    };
    return { now: () => said, again, leave: () => render(null, place) };
  }
  return { ...exported, h, held };
}

/** Until promises, renders and effects have run; clocks that a test holds stand still. */
export function settled() {
  return new Promise((done) => setImmediate(done));
}
