// What the TypeScript client does beside the cases that all clients share.

import assert from "node:assert/strict";
import test from "node:test";
import { Client, textOf, TriggersError, verifyWebhook } from "../dist/index.js";

/** A `fetch` that notes what it was asked, and answers in turn. */
function scripted(...answers) {
  const asked = [];
  const fetch = async (url, options) => {
    asked.push({ url, ...options });
    const { status = 200, body = {}, headers = {} } = answers[Math.min(asked.length, answers.length) - 1] ?? {};
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers });
  };
  return { asked, fetch };
}

const client = (fetch) => new Client({ url: "https://api.example.com/", apiKey: "trg_key", fetch, retry: { pause: async () => {} } });

test("parameters are put where they belong, and ids cannot leave their place", async () => {
  const { asked, fetch } = scripted();
  await client(fetch).get("/events/{event_id}", { path: { event_id: "../me?x=1" } });
  await client(fetch).get("/events", { query: { status: "failed", limit: 5 } });
  assert.equal(asked[0].url, "https://api.example.com/events/..%2Fme%3Fx%3D1");
  assert.equal(asked[1].url, "https://api.example.com/events?status=failed&limit=5");
});

test("the key goes along, and no cookie, referrer or redirect", async () => {
  const { asked, fetch } = scripted();
  await client(fetch).get("/me");
  assert.equal(asked[0].headers.authorization, "Bearer trg_key");
  assert.equal(asked[0].credentials, "omit");
  assert.equal(asked[0].referrerPolicy, "no-referrer");
  assert.equal(asked[0].redirect, "manual");
});

test("an idempotency key of one's own is kept", async () => {
  const { asked, fetch } = scripted({ status: 201 });
  await client(fetch).post("/events", { body: { event_type: "a", payload: {} }, headers: { "Idempotency-Key": "mine" } });
  assert.equal(asked[0].headers["Idempotency-Key"], "mine");
  assert.equal(asked[0].headers["idempotency-key"], undefined);
});

test("a key with a comma goes in quotes, once", async () => {
  const { asked, fetch } = scripted({ status: 201 });
  const sent = ["A-1,B-2", '"A-1,B-2"', 'a"b', "mine"];
  for (const key of sent) {
    await client(fetch).post("/events", { body: { event_type: "a", payload: {} }, headers: { "Idempotency-Key": key } });
    await client(fetch).post("/events/batch", { body: { events: [] }, headers: { "idempotency-key": key } });
  }
  const quoted = ['"A-1,B-2"', '"A-1,B-2"', 'a"b', "mine"];
  assert.deepEqual(asked.map(({ headers }) => headers["Idempotency-Key"] ?? headers["idempotency-key"]), quoted.flatMap((key) => [key, key]));
});

test("an error has the key to post the event again with, whoever drew it", async () => {
  const { asked, fetch } = scripted({ status: 503 });
  const impatient = new Client({ url: "https://api.example.com", apiKey: "trg_key", fetch, retry: { budgetSeconds: 0 } });
  const post = (headers) => impatient.post("/events", { body: { event_type: "a", payload: {} }, headers }).catch((error) => error);
  const { idempotencyKey } = await post({});
  assert.equal(idempotencyKey, asked[0].headers["idempotency-key"]);
  assert.match(idempotencyKey, /^[0-9a-f-]{36}$/);
  assert.equal((await post({ "Idempotency-Key": "mine" })).idempotencyKey, "mine");
  assert.equal((await impatient.get("/me").catch((error) => error)).idempotencyKey, undefined);
});

test("an error of many tells what is stored, and posting its drafts again doubles nothing", async () => {
  const kept = new Map();
  let isDown = true;
  const fetch = async (_, { body }) => {
    const results = JSON.parse(body).events.map((draft) => {
      const replayed = kept.has(draft.idempotency_key);
      kept.set(draft.idempotency_key, draft.payload.n);
      return { status: 201, replayed, event: { id: draft.idempotency_key } };
    });
    return isDown && kept.size > 100 ? new Response("{}", { status: 503 }) : new Response(JSON.stringify({ results }));
  };
  const impatient = new Client({ url: "https://api.example.com", apiKey: "trg_key", fetch, retry: { budgetSeconds: 0 } });
  const drafts = Array.from({ length: 250 }, (_, n) => ({ event_type: "a", payload: { n } }));
  const { unfinished } = await impatient.postEvents(drafts).catch((error) => error);
  assert.deepEqual(unfinished.results.map((each) => each !== null), drafts.map((_, n) => n < 100));
  isDown = false;
  const again = await impatient.postEvents(unfinished.drafts);
  assert.deepEqual(again.map(({ replayed }) => replayed), drafts.map((_, n) => n < 200)); // the answer for the second hundred was lost
  assert.deepEqual([...kept.values()], drafts.map(({ payload }) => payload.n));
});

test("what one half of a batch became is not lost with the other", async () => {
  const fetch = async (_, { body }) => {
    const numbers = JSON.parse(body).events.map(({ payload }) => payload.n);
    if (numbers.join() === "2,3") return new Response("{}", { status: 503 });
    if (numbers.includes(0)) return new Response("{}", { status: 400 });
    return new Response(JSON.stringify({ results: numbers.map((n) => ({ status: 201, event: { id: n } })) }));
  };
  const impatient = new Client({ url: "https://api.example.com", apiKey: "trg_key", fetch, retry: { budgetSeconds: 0 } });
  const drafts = [0, 1, 2, 3].map((n) => ({ event_type: "a", payload: { n } }));
  const { unfinished } = await impatient.postEvents(drafts).catch((error) => error);
  assert.equal(unfinished.results[0].problem.status, 400);
  assert.equal(unfinished.results[1].event.id, 1);
  assert.deepEqual(unfinished.results.slice(2), [null, null]);
});

test("an answer without a body is undefined", async () => {
  const { fetch } = scripted({ status: 204 });
  assert.equal(await client(fetch).post("/events/{event_id}/acknowledge", { path: { event_id: "evt_1" } }), undefined);
});

test("the JSON of an answer is there as it came, number for number", async () => {
  const text = '[{"payload":{"id":12345678901234567890,"total":1.0}}]';
  const page = await client(async () => new Response(text)).page("/events");
  assert.equal(textOf(page.items), text);
  assert.deepEqual([page.items[0], undefined, 1].map(textOf), [undefined, undefined, undefined]);
});

test("a page that has not changed says so", async () => {
  const asked = [];
  const fetch = async (_, options) => {
    asked.push(options);
    return new Response(null, { status: 304, headers: { etag: '"1"' } });
  };
  const page = await client(fetch).page("/events", { etag: '"1"' });
  assert.deepEqual([page.unchanged, page.items], [true, []]);
  assert.equal(asked[0].headers["if-none-match"], '"1"');
});

test("batches hold a hundred events, and only what failed is sent again", async () => {
  const stored = (draft) => ({ status: 201, replayed: false, event: { id: draft.idempotency_key } });
  const sizes = [];
  let isFirst = true;
  const fetch = async (_, { body }) => {
    const { events } = JSON.parse(body);
    sizes.push(events.length);
    const results = events.map((draft, index) =>
      isFirst && index === 3 ? { status: 503, retry_after: 1, error: { error: "store_unavailable", message: "Later." } } : stored(draft),
    );
    isFirst = false;
    return new Response(JSON.stringify({ results }));
  };
  const results = await client(fetch).postEvents(Array.from({ length: 150 }, () => ({ event_type: "a", payload: {} })));
  assert.deepEqual(sizes, [100, 1, 50]);
  assert.equal(new Set(results.map(({ event }) => event.id)).size, 150);
});

test("an event that spoils its batch is told apart from the others", async () => {
  const fetch = async (_, { body }) => {
    const { events } = JSON.parse(body);
    if (events.some((draft) => draft.event_type === "bad")) {
      return new Response(JSON.stringify({ error: "invalid_json", message: "No." }), { status: 400 });
    }
    return new Response(JSON.stringify({ results: events.map(() => ({ status: 201, replayed: false, event: {} })) }));
  };
  const drafts = ["a", "b", "bad", "d"].map((event_type) => ({ event_type, payload: {} }));
  const results = await client(fetch).postEvents(drafts);
  assert.deepEqual(results.map((result) => "problem" in result && result.problem.code), [false, false, "invalid_json", false]);
});

test("who stops waiting is told so, and not that the API is away", async () => {
  const stop = new AbortController();
  const fetch = async () => {
    stop.abort();
    throw stop.signal.reason;
  };
  await assert.rejects(client(fetch).get("/me", { signal: stop.signal }), { name: "AbortError" });
});

for (const url of ["ftp://x", "api.example.com", "https://x/?a=1", "http://api.example.com"]) {
  test(`${url} is no place for a key`, () => {
    assert.throws(() => new Client({ url, apiKey: "trg_key" }), TriggersError);
  });
}

for (const apiKey of ["", "trg\n_key", "trg_ké"]) {
  test(`${JSON.stringify(apiKey)} is no key`, () => {
    assert.throws(() => new Client({ url: "https://x", apiKey }), TriggersError);
  });
}

test("a webhook is verified from Node's headers and bytes as from texts", async () => {
  const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  await assert.rejects(verifyWebhook(new Uint8Array([123, 125]), { "Webhook-Id": ["a"], "webhook-timestamp": "1", "webhook-signature": "v1,AA==" }, { secrets: [secret], now: 1 }));
});

test("a variable that is not set is no secret, and what was given is not shown", async () => {
  const verifying = (secret) => verifyWebhook("{}", {}, { secrets: [secret] });
  await assert.rejects(verifying(undefined), { name: "WebhookKeyError" });
  await assert.rejects(verifying("whsec_hunter2"), (error) => error.name === "WebhookKeyError" && !error.message.includes("hunter2"));
});
