// What becomes of an answer of a newer server: of what this client does not know.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { ApiError, Client, TriggersError, UnexpectedAnswerError } from "../dist/index.js";

const { paths } = JSON.parse(readFileSync(new URL("../../../docs/openapi.json", import.meta.url)));
const METHODS = ["get", "post", "put", "patch", "delete"];
const DRAFT = { event_type: "a", payload: {} };

/** A client of an API that answers everything so, and how often it was asked. */
function answering(body, status = 200) {
  const asked = [];
  const fetch = async (url) => {
    asked.push(url);
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  };
  const client = new Client({ url: "https://api.example.com", apiKey: "trg_key", fetch, retry: { pause: async () => {} } });
  return { asked, client };
}

/** Every operation that answers something, with the example of its success. */
function* documented() {
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of METHODS.filter((each) => each in operations)) {
      for (const [status, { content }] of Object.entries(operations[method].responses)) {
        const told = content?.["application/json"];
        if (!status.startsWith("2") || told === undefined) continue;
        yield { method, path, example: told.example ?? Object.values(told.examples)[0].value };
      }
    }
  }
}

/** The same with every text in other words, and a member more in every object. */
function novel(value) {
  if (typeof value === "string") return "novelty";
  if (Array.isArray(value)) return value.map(novel);
  if (typeof value !== "object" || value === null) return value;
  return { ...Object.fromEntries(Object.entries(value).map(([name, each]) => [name, novel(each)])), novelty: { word: null } };
}

function call(client, method, path) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, "x"]);
  return client[method](path, { path: Object.fromEntries(names), ...(method === "get" ? {} : { body: {} }) });
}

for (const { method, path, example } of documented()) {
  test(`${method} ${path} tells what is not known as it came, and what is missing not at all`, async () => {
    for (const answer of [novel(example), Array.isArray(example) ? [{}] : {}]) {
      assert.deepEqual(await call(answering(answer).client, method, path), answer);
    }
  });

  test(`${method} ${path} throws an error that is not known with its message`, async () => {
    const details = [{ field: "novelty", why: "novelty" }, "novelty"];
    const { client } = answering({ error: "novelty", message: "It may not.", details }, 418);
    const error = await call(client, method, path).then(() => assert.fail("taken for a success"), (found) => found);
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.message, error.details], [418, "novelty", "It may not.", details]);
  });
}

test("items that are not known are walked over as they came", async () => {
  const items = [{ id: "a", status: "novelty", novelty: 1 }, {}];
  const found = [];
  for await (const each of answering(items).client.walk("/events")) found.push(each);
  assert.deepEqual(found, items);
});

for (const status of [200, 201, 202, 207]) {
  test(`an event of a batch that is answered ${status} is stored`, async () => {
    const { client } = answering({ results: [{ status, event: { id: "evt_1" }, novelty: 1 }] });
    assert.deepEqual(await client.postEvents([DRAFT]), [{ event: { id: "evt_1" }, replayed: false }]);
  });
}

for (const [error, code, message, details] of [
  [{ error: "novelty", message: "Not so.", details: [{ field: "a" }] }, "novelty", "Not so.", [{ field: "a" }]],
  [{ error: "novelty", message: "Not so.", details: "novelty" }, "novelty", "Not so.", []],
  [{ error: { code: 1 }, message: 7 }, null, "It was answered 451.", []],
  [{}, null, "It was answered 451.", []],
  [null, null, "It was answered 451.", []],
  ["novelty", null, "It was answered 451.", []],
]) {
  test(`an event of a batch is refused by ${JSON.stringify(error)}`, async () => {
    const { client } = answering({ results: [{ status: 451, error, retry_after: "soon" }] });
    const problem = { status: 451, code, message, details, requestId: null, retryAfterSeconds: null };
    assert.deepEqual(await client.postEvents([DRAFT]), [{ problem }]);
  });
}

for (const body of ["<html>", "null", "[]", {}, { results: [] }, { results: "x" }, { results: [null] }, { results: [{}] }, { results: [{ status: "novelty" }] }, { results: [{ status: 201 }] }]) {
  test(`${JSON.stringify(body)} does not tell what became of an event`, async () => {
    await assert.rejects(answering(body).client.postEvents([DRAFT]), UnexpectedAnswerError);
  });
}

test("a batch is not halved for what is not known to be an event's fault", async () => {
  const { asked, client } = answering({ error: "novelty", message: "Pay first." }, 402);
  await assert.rejects(client.postEvents([DRAFT, DRAFT]), { message: "Pay first." });
  assert.equal(asked.length, 1);
});

for (const body of ["<html>", "", "null", { items: [] }]) {
  test(`${JSON.stringify(body)} is no list`, async () => {
    await assert.rejects(answering(body).client.page("/events"), TriggersError);
  });
}
