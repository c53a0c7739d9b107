// The cases that every client of the API passes: clients/conformance.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import test from "node:test";
import * as triggers from "../dist/index.js";

const cases = (name) => JSON.parse(readFileSync(new URL(`../../conformance/${name}.json`, import.meta.url)));

/** An API on loopback that answers as a case says, and then with the last answer for ever. */
async function answering(answers, use) {
  const asked = [];
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      asked.push(request);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer === "lost") return request.socket.destroy();
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${server.address().port}/base`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A client whose waits take no time, but count. */
function client(url, more = {}) {
  let now = 0;
  const retry = { clock: () => now, pause: async (seconds) => void (now += seconds), chance: () => 0.5, ...more };
  return new triggers.Client({ url, apiKey: "trg_key", retry });
}

function call(on, method, path) {
  const body = path === "/events" ? { event_type: "a", payload: {} } : { config_id: "cfg_1" };
  return method === "get" ? on.get(path) : on[method](path, { body });
}

for (const each of cases("answers")) {
  test(`answers: ${each.name}`, () =>
    answering([each], async (url) => {
      const failing = client(url, { budgetSeconds: 0 }).get("/me");
      const error = await failing.then(() => assert.fail("it was taken for a success"), (found) => found);
      assert.equal(error.name, each.error);
      assert.ok(error instanceof triggers.TriggersError);
      if (each.code === undefined) return;
      assert.equal(error.code, each.code);
      assert.equal(error.message, each.message);
      assert.equal(error.requestId, each.request_id);
      assert.equal(error.retryAfterSeconds, each.retry_after_seconds);
      assert.deepEqual(error.details, each.details ?? []);
    }));
}

for (const each of cases("retries")) {
  test(`retries: ${each.name}`, () =>
    answering(each.answers, async (url, asked) => {
      const outcome = await call(client(url), each.method, each.path).then(() => "ok", () => "error");
      assert.equal(outcome, each.outcome);
      if (each.requests === null) assert.ok(asked.length > 1 && asked.length < each.answers.length);
      else assert.equal(asked.length, each.requests);
      const keys = new Set(asked.map((request) => request.headers["idempotency-key"]));
      assert.equal(keys.size, 1);
    }));
}

for (const each of cases("paging")) {
  test(`paging: ${each.name}`, () => {
    const headers = each.link === null ? {} : { link: each.link };
    return answering([{ status: 200, headers, body: "[]" }], async (url) => {
      assert.equal((await client(url).page("/events")).next, each.next);
    });
  });
}

test("paging: a walk goes on until no page is left, also over an empty one", () =>
  answering(
    [
      { status: 200, headers: { link: '<?cursor=2>; rel="next"' }, body: '[{"id":"a"}]' },
      { status: 200, headers: { link: '<?cursor=3>; rel="next"' }, body: "[]" },
      { status: 200, headers: {}, body: '[{"id":"b"}]' },
    ],
    async (url, asked) => {
      const found = [];
      for await (const event of client(url).walk("/events", { query: { limit: 1 } })) found.push(event.id);
      assert.deepEqual(found, ["a", "b"]);
      assert.deepEqual(asked.map((request) => request.url), ["/base/events?limit=1", "/base/events?cursor=2", "/base/events?cursor=3"]);
    },
  ));

for (const each of cases("numbers")) {
  test(`numbers: ${each.name}`, () => {
    const texts = Object.values(triggers.parseExactly(each.json)).filter((value) => typeof value === "string");
    const added = texts.filter((text) => !Object.values(JSON.parse(each.json)).includes(text));
    assert.deepEqual(added, each.rounded);
  });
}

for (const each of cases("webhooks")) {
  test(`webhooks: ${each.name}`, async () => {
    const verified = triggers.verifyWebhook(each.body, each.headers, { secrets: each.secrets, now: each.now });
    if (each.genuine) assert.equal((await verified).event_type, "invoice.failed");
    else await assert.rejects(verified, { name: each.error ?? "WebhookVerificationError" });
  });
}
