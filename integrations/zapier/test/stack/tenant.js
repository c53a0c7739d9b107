'use strict';

const assert = require('node:assert/strict');

const { Connection } = require('../integration');

const AT_ONCE = 8;
const PATIENCE_SECONDS = 60;

/** What others do with the tenant's events, over HTTP as anybody would. */
class Tenant {
  /** From TRIGGERS_URL and TRIGGERS_KEY; `make run` writes both into .local/stack.json. */
  static fromEnvironment() {
    const { TRIGGERS_URL, TRIGGERS_KEY } = process.env;
    assert.ok(TRIGGERS_URL && TRIGGERS_KEY, 'set TRIGGERS_URL and TRIGGERS_KEY');
    return new Tenant(TRIGGERS_URL, TRIGGERS_KEY);
  }

  constructor(url, key) {
    this.url = url;
    this.key = key;
    this.connection = new Connection(`${url}/`, key);
  }

  async call(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.key}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Post events; their ids, in no particular order. */
  async post(count, more = {}) {
    const ids = [];
    const next = Array.from({ length: count }, (_, number) => number)[Symbol.iterator]();
    const work = async () => {
      for (const number of next) {
        const draft = { event_type: 'invoice.failed', payload: { number }, ...more };
        ids.push((await this.call('POST', '/events', draft)).id);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return ids;
  }

  /** Another consumer is done with the newest of the inbox. */
  async acknowledgeNewest(count) {
    const acknowledged = [];
    while (acknowledged.length < count) {
      const limit = Math.min(100, count - acknowledged.length);
      const events = await this.call('GET', `/inbox?order=desc&limit=${limit}`);
      const ids = events.map(({ id }) => id);
      await this.call('POST', '/inbox/acknowledge', { event_ids: ids });
      acknowledged.push(...ids);
    }
    return acknowledged;
  }
}

/** Look again and again until it is so. */
const eventually = async (look, seconds = PATIENCE_SECONDS) => {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found) {
      return found;
    }
    assert.ok(Date.now() < deadline, `not within ${seconds} seconds: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

module.exports = { Tenant, eventually };
