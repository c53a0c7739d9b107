// Facts about how the console asks, and asks again.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { loadHooks, settled } from "./hooks.mjs";

const { ApiError, h, held, SessionContext, useData } = await loadHooks("data.ts", `export { ApiError } from "triggers-client";`);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval", "Date"] });
});

/** A screen that asks every ten seconds; the test answers, or does not. */
async function polling() {
  const asked = [];
  const screen = held(() =>
    useData("inbox", (signal) => new Promise((answer, refuse) => asked.push({ answer, refuse, signal })), { everySeconds: 10 }),
  );
  await screen.again();
  return { ...screen, asked };
}

async function pass(seconds) {
  for (let second = 0; second < seconds; second++) {
    mock.timers.tick(1000);
    await settled();
  }
}

test("a request that takes longer than the time between two is waited for, and its error told", async () => {
  const { now, asked } = await polling();
  asked[0].answer("all is well");
  await pass(10);
  assert.deepEqual([now().data, asked.length], ["all is well", 2]);

  await pass(25);
  assert.deepEqual([asked.length, asked[1].signal.aborted], [2, false]);
  asked[1].refuse(new Error("no answer"));
  await settled();
  assert.equal(now().error.message, "no answer");

  await pass(10);
  assert.deepEqual([asked.length, now().error.message], [3, "no answer"]);
  asked[2].answer("well again");
  await settled();
  assert.deepEqual([now().data, now().error], ["well again", undefined]);
});

test("what somebody asks for themselves is asked at once, in the place of what is unanswered", async () => {
  const { now, asked } = await polling();
  now().reload();
  await settled();
  assert.deepEqual([asked.length, asked[0].signal.aborted], [2, true]);
  asked[0].refuse(new Error("aborted"));
  asked[1].answer("the newer");
  await settled();
  assert.deepEqual([now().data, now().error], ["the newer", undefined]);
});

test("an API that wants to be left alone for a while is not asked before that", async () => {
  const { asked } = await polling();
  asked[0].refuse(new ApiError({ status: 429, code: "rate_limited", message: "Too many.", details: [], requestId: null, retryAfterSeconds: 35 }));
  await settled();
  await pass(34);
  assert.equal(asked.length, 1);
  await pass(6);
  assert.equal(asked.length, 2);
});

test("a session that is over asks no more, and the next one asks anew and keeps what is shown", async () => {
  const ending = new AbortController();
  let session = { over: ending.signal };
  const asked = [];
  const ask = () => new Promise((answer, refuse) => asked.push({ answer, refuse }));
  const within = (screen) => h(SessionContext.Provider, { value: session }, screen);
  const { now, again } = held(() => useData("inbox", ask, { everySeconds: 10 }), within);
  await again();
  asked[0].answer("what was there");
  ending.abort();
  await pass(30);
  assert.equal(asked.length, 1);

  session = { over: new AbortController().signal };
  await again();
  assert.deepEqual([asked.length, now().data], [2, "what was there"]);
  asked[1].answer("what is there");
  await pass(10);
  assert.deepEqual([asked.length, now().data], [3, "what is there"]);
});
