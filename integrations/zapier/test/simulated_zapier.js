'use strict';

/**
 * What Zapier does with a Zap, after its documents: a stand-in that keeps its rules.
 *
 * Polling: switched on, one poll seeds the ids that the Zap has seen, and fires nothing. Each
 * later poll fires for what it has not seen, the oldest first, for each Zap by itself.
 * Instant: a URL of its own for each Zap, alive for as long as the Zap is on; 410 afterwards.
 */

const { randomUUID } = require('node:crypto');
const http = require('node:http');

const { triggers } = require('./integration');

const SEEDING = { isPopulatingDedupe: true };

class PollingZap {
  /** `perform` is the trigger's, unless a test plants another. */
  constructor(connection, { inputData = {}, perform = triggers.inbox.perform } = {}) {
    this.connection = connection;
    this.inputData = inputData;
    this.perform = perform;
    this.seen = new Set();
    this.fired = []; // ids
  }

  async switchOn() {
    this.seen = new Set((await this.#asked(SEEDING)).map(({ id }) => id));
  }

  async poll() {
    const unseen = (await this.#asked()).filter(({ id }) => !this.seen.has(id)).reverse();
    for (const { id } of unseen) {
      this.seen.add(id);
      this.fired.push(id);
    }
    return unseen;
  }

  #asked(meta) {
    return this.connection.run(this.perform, { meta, inputData: this.inputData });
  }
}

class InstantZap {
  constructor(connection, hooks, { inputData = {} } = {}) {
    this.connection = connection;
    this.hooks = hooks;
    this.inputData = inputData;
    this.targetUrl = hooks.newUrl();
    this.fired = []; // ids
    this.failed = [];
  }

  async switchOn() {
    this.hooks.open(this.targetUrl, (rawRequest) => this.#take(rawRequest));
    this.subscribeData = await this.connection.run(triggers.instant.performSubscribe, this.#known());
  }

  async switchOff() {
    await this.connection.run(triggers.instant.performUnsubscribe, this.#known());
    this.forget();
  }

  /** Switched off, but the API was not told. */
  forget() {
    this.hooks.close(this.targetUrl);
  }

  #known() {
    const { inputData, targetUrl, subscribeData } = this;
    return { inputData, targetUrl, subscribeData };
  }

  async #take(rawRequest) {
    const cleanedRequest = JSON.parse(rawRequest.content);
    this.lastPush = { ...this.#known(), rawRequest, cleanedRequest };
    try {
      const events = await this.connection.run(triggers.instant.perform, this.lastPush);
      this.fired.push(...events.map(({ id }) => id));
    } catch (error) {
      this.failed.push(error);
    }
  }
}

/** hooks.zapier.com, on this machine: answers first, runs the Zap afterwards. */
class Hooks {
  #open = new Map();
  #server = http.createServer((request, answer) => this.#answer(request, answer));

  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  newUrl() {
    return `${this.url}/hooks/standard/${randomUUID()}/`;
  }

  open(url, take) {
    this.#open.set(new URL(url).pathname, take);
  }

  close(url) {
    this.#open.delete(new URL(url).pathname);
  }

  async #answer(request, answer) {
    const parts = [];
    for await (const part of request) {
      parts.push(part);
    }
    const take = this.#open.get(request.url);
    const said = take ? { status: 'success', id: randomUUID() } : { status: 'gone' };
    answer.writeHead(take ? 200 : 410, { 'Content-Type': 'application/json' });
    answer.end(JSON.stringify(said));
    take?.({
      method: request.method,
      querystring: '',
      headers: renamed(request.headers),
      content: Buffer.concat(parts).toString(),
    });
  }
}

/** As Zapier hands headers on: `webhook-id` is `Http-Webhook-Id`. */
const renamed = (headers) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      `http-${name}`.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
      value,
    ]),
  );

module.exports = { Hooks, InstantZap, PollingZap };
