'use strict';

const { createHmac } = require('node:crypto');

const KEY = Buffer.from('a key of 32 bytes, or nearly so!');
const SECRET = `whsec_${KEY.toString('base64')}`;

/** A push as Zapier hands it on. */
const push = (content, signature, secret = SECRET) => ({
  subscribeData: { id: 'cfg_1', secret },
  cleanedRequest: JSON.parse(content),
  rawRequest: {
    content,
    headers: {
      'Http-Webhook-Id': 'dlv_1',
      'Http-Webhook-Timestamp': '1795312672',
      'Http-Webhook-Signature': signature,
    },
  },
});

const signed = (content) =>
  `v1,${createHmac('sha256', KEY).update(`dlv_1.1795312672.${content}`).digest('base64')}`;

module.exports = { SECRET, push, signed };
