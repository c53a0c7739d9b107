// What an integrator writes with types that openapi-typescript made of the document: each body
// with the members that have no default, and no more. It is compiled, never run.
import type { operations } from "./api";

type Json<Content> = Content extends { content: { "application/json": infer Body } } ? Body : never;

type Sent<O extends keyof operations> = Json<NonNullable<operations[O]["requestBody"]>>;

type Answered<
  O extends keyof operations,
  Status extends keyof operations[O]["responses"],
> = Json<operations[O]["responses"][Status]>;

// An operation with a body that is missing here does not compile either.
type Operation = Exclude<keyof operations, "receive_event">; // that one is the integrator's own
type Bodies = { [O in Operation as [Sent<O>] extends [never] ? never : O]: Sent<O> };

export const bodies: Bodies = {
  create_event: { event_type: "invoice.failed", payload: {} },
  create_events: { events: [{ event_type: "invoice.failed", payload: { total: 31.8 } }] },
  acknowledge_events: { event_ids: ["evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"] },
  lease_events: {},
  release_lease: { lease_id: "lse_01KAM5ZQ8YF4N0T2V6X8Z1B3D5" },
  create_config: {
    name: "Shop",
    channel: "webhook",
    settings: { url: "https://hooks.example.com" },
  },
  replace_config: {
    name: "Accounting",
    channel: "email",
    settings: { host: "smtp.example.com", from: "a@example.com", to: ["b@example.com"] },
    filters: { event_types: ["invoice.*"] },
  },
  update_config: { enabled: false },
  replay_config: {},
  preview_config: {},
  send_test: { config_id: "cfg_0f3a5c7e9b1d2f4a6c8e0b1d" },
  replay_dead_letters: {},
  create_source: { name: "Pull requests", provider: "github" },
  replace_source: { name: "Payments", provider: "stripe", secret: "whsec_x" },
  update_source: { enabled: false },
  rotate_source_secret: {},
  receive_foreign: { action: "opened" },
  create_key: { name: "poller", scopes: ["inbox"] },
  rotate_key: {},
  create_tenant: { tenant: "acme", limits: { burst: 100, events_per_day: null, configs: "default" } },
  create_console_link: { scopes: ["events:read"], expires_in_seconds: 3600 },
  open_console_session: { token: "trl_" },
  create_tenant_key: { name: "first", scopes: ["admin"] },
  update_tenant: { suspended: true },
};

export const configs: Sent<"create_config">[] = [
  { name: "Ops", channel: "slack", settings: { url: "https://hooks.slack.com/services/T/B/X" } },
  { name: "Night", channel: "telegram", settings: { bot_token: "1:A", chat_id: -100123 } },
  // @ts-expect-error there is no such setting
  { name: "Shop", channel: "webhook", settings: { url: "https://h.example.com", colour: "red" } },
  // @ts-expect-error there is no such channel
  { name: "Shop", channel: "pigeon", settings: { url: "https://h.example.com" } },
];

// @ts-expect-error a payload is needed
export const incomplete: Sent<"create_event"> = { event_type: "a" };

// What an answer holds is always there.
export const severity = (event: Answered<"get_event", 200>): string => event.severity;
