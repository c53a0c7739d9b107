'use strict';

const http = require('node:http');

const { Connection } = require('../integration');

/**
 * Answers like the API would, on this machine, with what the test says.
 *
 * @param {(request: {method: string, url: URL, headers: object, body: string}) =>
 *   {status?: number, headers?: object, body?: unknown, isLost?: boolean, isLate?: boolean}} answer
 *   one that is lost closes the connection, one that is late never comes
 */
const stubApi = async (t, answer) => {
  const requests = [];
  const server = http.createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const part of incoming) {
      body += part;
    }
    const { method, headers } = incoming;
    const request = { method, headers, body, url: new URL(incoming.url, 'http://stub') };
    requests.push(request);
    const { status = 200, headers: more = {}, body: content = {}, isLost, isLate } = answer(request);
    if (isLost) {
      incoming.socket.destroy();
    }
    if (isLost || isLate) {
      return;
    }
    outgoing.writeHead(status, { 'Content-Type': 'application/json', ...more });
    outgoing.end(typeof content === 'string' ? content : JSON.stringify(content));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  t.after(stop);
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, requests, stop, connection: new Connection(url, 'a-key') };
};

/** Let waiting move the clock, and take no time. */
const skipWaiting = (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-11-22T12:00:00Z') });
  t.mock.method(globalThis, 'setTimeout', (then, milliseconds) => {
    t.mock.timers.setTime(Date.now() + milliseconds);
    return setImmediate(then);
  });
};

module.exports = { skipWaiting, stubApi };
