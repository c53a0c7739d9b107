'use strict';

const http = require('node:http');

const { Connection } = require('../integration');

/**
 * Answers like the API would, on this machine, with what the test says.
 *
 * @param {(request: {method: string, url: URL, headers: object, body: string}) =>
 *   {status?: number, headers?: object, body?: unknown}} answer
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
    const { status = 200, headers: more = {}, body: content = {} } = answer(request);
    outgoing.writeHead(status, { 'Content-Type': 'application/json', ...more });
    outgoing.end(typeof content === 'string' ? content : JSON.stringify(content));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, requests, connection: new Connection(url, 'a-key') };
};

module.exports = { stubApi };
