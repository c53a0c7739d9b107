// Facts about who is in: by a key, by a console link, and once the key is dead.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { loadHooks, settled } from "./hooks.mjs";

const { held, useEntrance } = await loadHooks("entrance.ts");

const TENANTS = { trg_a: "acme", trg_a2: "acme", trg_b: "bolt" }; // by key
const LINKS = { trl_a: "trg_a", trl_a2: "trg_a2", trl_b: "trg_b" };

let stored, used, dead, failing, unanswered, page;

beforeEach(() => {
  [stored, used, dead, failing, unanswered] = [new Map(), new Set(), new Set(), null, null];
  page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
  globalThis.sessionStorage = {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, value) => stored.set(name, value),
    removeItem: (name) => stored.delete(name),
  };
  globalThis.location = { origin: "http://127.0.0.1", pathname: "/console", hash: "" };
  globalThis.history = { replaceState: (_state, _title, to) => (location.hash = to.slice(to.indexOf("#"))) };
  globalThis.fetch = async (url, { headers, body }) => {
    if (failing !== null && url.endsWith(failing)) return answer(409, { error: "not_now", message: "Not now." }); // no client retries that by itself
    if (!url.endsWith("/console/session")) return me(headers.authorization.replace("Bearer ", ""));
    const { token } = JSON.parse(body);
    if (token === unanswered) await new Promise((done) => page.addEventListener("answered", done));
    if (used.has(token) || LINKS[token] === undefined) return answer(401, { error: "unauthenticated", message: "This link was used." });
    used.add(token);
    return answer(200, { api_key: LINKS[token] });
  };
});

const answer = (status, body) => new Response(JSON.stringify(body), { status });

function me(key) {
  const isLive = TENANTS[key] !== undefined && !dead.has(key);
  return isLive ? answer(200, { tenant: TENANTS[key], scopes: [] }) : answer(401, { error: "unauthenticated", message: "Send a live key." });
}

/** A page that is opened at an address; `to` is what a link in it, or its frame's owner, does. */
async function openedAt(hash) {
  location.hash = hash;
  const entrance = held(useEntrance);
  await entrance.again();
  await settle();
  return { ...entrance, to };
}

async function to(hash) {
  const moved = Object.assign(new Event("hashchange"), { oldURL: `http://127.0.0.1/console${location.hash}` });
  location.hash = hash;
  page.dispatchEvent(moved);
  await settle();
}

async function settle() {
  for (let turn = 0; turn < 5; turn++) await settled();
}

const tenantOf = (entrance) => entrance.now().session?.me.tenant;

test("a link signs in, and is in the address no more", async () => {
  const entrance = await openedAt("#/session/trl_a");
  assert.deepEqual([tenantOf(entrance), location.hash, [...stored.values()]], ["acme", "#/", ["trg_a"]]);
});

test("another link of the same tenant renews its session where it is", async () => {
  const entrance = await openedAt("#/session/trl_a");
  await entrance.to("#/destinations/new");
  const before = entrance.now().session;
  await entrance.to("#/session/trl_a2");
  assert.deepEqual([tenantOf(entrance), location.hash, [...stored.values()]], ["acme", "#/destinations/new", ["trg_a2"]]);
  assert.notEqual(entrance.now().session, before);
});

test("a link of another tenant leads to its first screen", async () => {
  const entrance = await openedAt("#/session/trl_a");
  await entrance.to("#/destinations/new");
  await entrance.to("#/session/trl_b");
  assert.deepEqual([tenantOf(entrance), location.hash, [...stored.values()]], ["bolt", "#/", ["trg_b"]]);
});

test("a link that fails takes a session from nobody, and says why", async () => {
  const entrance = await openedAt("#/session/trl_a");
  await entrance.to("#/events");
  await entrance.to("#/session/trl_a");
  const { trouble } = entrance.now();
  assert.deepEqual([tenantOf(entrance), location.hash, trouble.error.message, trouble.again], ["acme", "#/events", "This link was used.", undefined]);
  assert.deepEqual([...stored.values()], ["trg_a"]);

  const reloaded = await openedAt("#/session/trl_a"); // as a page does that has the link in a frame
  assert.deepEqual([tenantOf(reloaded), location.hash, reloaded.now().trouble.error.message], ["acme", "#/", "This link was used."]);
});

test("a link is not lost where one of its two calls fails", async () => {
  for (const path of ["/console/session", "/me"]) {
    [stored, used, failing] = [new Map(), new Set(), path];
    const entrance = await openedAt("#/session/trl_a");
    assert.deepEqual([entrance.now().session, entrance.now().trouble.error.message], [null, "Not now."], path);

    failing = null;
    entrance.now().trouble.again();
    await settle();
    assert.deepEqual([tenantOf(entrance), entrance.now().trouble], ["acme", null], path);
    entrance.leave();
  }
});

test("of two links, the one that came last counts, whichever is answered first", async () => {
  unanswered = "trl_a";
  const entrance = await openedAt("#/session/trl_a");
  await entrance.to("#/session/trl_b");
  page.dispatchEvent(new Event("answered"));
  await settle();
  assert.deepEqual([tenantOf(entrance), [...stored.values()]], ["bolt", ["trg_b"]]);
});

test("a session is over once its key is dead, and the next one is not", async () => {
  stored.set("triggers.key", "trg_a");
  const entrance = await openedAt("#/events");
  assert.deepEqual([tenantOf(entrance), entrance.now().isOver], ["acme", false]);
  dead.add("trg_a");
  await assert.rejects(entrance.now().session.client.get("/me"), { status: 401 });
  await settle();
  assert.deepEqual([tenantOf(entrance), entrance.now().isOver], ["acme", true]);

  await assert.rejects(entrance.now().enter("trg_nothing"), { status: 401 });
  const dying = entrance.now().session;
  await entrance.now().enter("trg_a2");
  await settle();
  assert.deepEqual([tenantOf(entrance), entrance.now().isOver, location.hash], ["acme", false, "#/events"]);
  await assert.rejects(dying.client.get("/me"), { status: 401 }); // asked before, answered late
  await settle();
  assert.equal(entrance.now().isOver, false);

  await entrance.now().enter("trg_b");
  assert.deepEqual([tenantOf(entrance), location.hash], ["bolt", "#/"]);
});

test("whoever signs out is out, also after a reload", async () => {
  const entrance = await openedAt("#/session/trl_a");
  entrance.now().leave();
  await settle();
  assert.deepEqual([entrance.now().session, stored.size], [null, 0]);
});
