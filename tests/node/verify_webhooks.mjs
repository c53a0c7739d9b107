// Verifies webhooks as a receiver in JavaScript does, with the official library.
// In: a JSON list of {secret, body, headers}. Out: for each, null or why it was refused.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const webhooks = JSON.parse(readFileSync(0, "utf8"));
const faults = webhooks.map(({ secret, body, headers }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return null;
  } catch (error) {
    return error.message;
  }
});
console.log(JSON.stringify(faults));
