import { useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, useData, useSession } from "../data";
import { go, href } from "../router";
import { Cards, Check, Choice, TextArea, TextField } from "../ui/fields";
import { Button, Card, Fault, Heading, LinkButton, Secret, Skeleton } from "../ui/parts";
import { isEmpty } from "../ui/patch";
import { faultsOf, type Schema, SchemaForm, under } from "../ui/schema_form";
import { spelled } from "../ui/spelling";
import { bodyOf, changesOf, LISTS, type Typed, typedOf } from "./destination_body";
import { Preview, previewedOf } from "./preview";
import { PolicyFields, policyTexts } from "./policy_fields";

type Channel = components["schemas"]["ChannelOut"];
type Config = components["schemas"]["ConfigOut"];

const SEVERITIES = [
  ["", "Any"],
  ["info", "Info and above"],
  ["warning", "Warning and above"],
  ["error", "Error and above"],
  ["critical", "Critical only"],
] as const;

export function DestinationFormScreen({ configId }: { configId?: string }) {
  const { client } = useSession();
  const asked = useData(`form ${configId ?? ""}`, async (signal) => {
    const path = { config_id: configId ?? "" };
    const [channels, config] = await Promise.all([
      client.get("/notifications/channels", { signal }),
      configId === undefined ? null : client.get("/notifications/configs/{config_id}", { path, signal }),
    ]);
    return { channels, config };
  });
  return (
    <>
      <Heading title={configId === undefined ? "New destination" : "Edit destination"} says="Where events go, and which of them." />
      <Fault error={asked.error} retry={asked.reload} />
      {asked.data === undefined ? asked.isLoading && <Skeleton /> : <DestinationForm channels={asked.data.channels} config={asked.data.config} />}
    </>
  );
}

function DestinationForm({ channels, config: found }: { channels: readonly Channel[]; config: Config | null }) {
  const { client } = useSession();
  const [config] = useState(found); // what was read when somebody began to type
  const [typed, setTyped] = useState(typedOf(config, channels));
  const [secret, setSecret] = useState<{ text: string; id: string } | null>(null);
  const put = (more: Partial<Typed>) => setTyped((before) => ({ ...before, ...more }));
  const chooseChannel = (chosen: string) => {
    // Not every channel takes a time of its own, or signs.
    const { timeout, signature } = policyTexts(chosen === config?.channel ? config : null);
    put({ channel: chosen, policy: { ...typed.policy, timeout, signature } });
  };
  const setFilter = (name: string, value: string) => put({ filters: { ...typed.filters, [name]: value } });
  const channel = channels.find((each) => each.channel === typed.channel);
  const body = bodyOf(typed, channels);
  const changes = config === null ? body : changesOf(config, typed, channels);
  const saving = useAction(async () => {
    if (config !== null && isEmpty(changes)) return go(href(["destinations", config.id]));
    const saved =
      config === null
        ? await client.post("/notifications/configs", { body: body as components["schemas"]["ConfigIn"] })
        : await client.patch("/notifications/configs/{config_id}", { path: { config_id: config.id }, body: changes as components["schemas"]["ConfigPatchIn"] });
    if (saved.secret) setSecret({ text: saved.secret, id: saved.id });
    else go(href(["destinations", saved.id]));
  });
  if (secret !== null) {
    return (
      <div class="stack">
        <Secret text={secret.text} says="The signing secret, shown this once. The receiver verifies with it that a push is ours." />
        <div>
          <LinkButton to={href(["destinations", secret.id])} kind="main">
            I have kept it
          </LinkButton>
        </div>
      </div>
    );
  }
  const faults = faultsOf(saving.error);
  const secretsSet = new Set(config !== null && config.channel === typed.channel ? config.secrets_set : []);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void saving.run();
      }}
    >
      <Fault error={saving.error} />
      <div class="stack">
        <Card title="Where to">
          <div class="stack">
            <TextField label="Name" value={typed.name} change={(name) => put({ name })} required fault={faults["name"]} placeholder="Shop" />
            <Cards label="Channel" value={typed.channel} change={chooseChannel} of={channels.map((each) => ({ value: each.channel, name: spelled(each.channel), says: each.description }))} />
            <SchemaForm schema={(channel?.settings ?? {}) as Schema} texts={typed.settings} change={(settings) => put({ settings })} faults={under(faults, "settings")} secretsSet={secretsSet} />
          </div>
        </Card>
        <div class="stack">
          <Card title="Which events">
            <p class="lead">All of them, unless you say which.</p>
            <div class="fields">
              {LISTS.map(([list, label, example]) => (
                <TextArea
                  key={list}
                  label={label}
                  rows={1}
                  value={typed.filters[list] ?? ""}
                  change={(value) => setFilter(list, value)}
                  placeholder={example}
                  hint="One on each line."
                  fault={under(faults, "filters")[list]}
                />
              ))}
              <Choice label="Severity" value={typed.filters["min_severity"] ?? ""} change={(value) => setFilter("min_severity", value)} of={SEVERITIES} />
              <TextArea
                label="Expression"
                rows={1}
                value={typed.filters["match"] ?? ""}
                change={(value) => setFilter("match", value)}
                placeholder="payload.total > 100"
                hint="In CEL, over the event: only those for which it is true."
                fault={under(faults, "filters")["match"]}
              />
            </div>
          </Card>
          <Card title="How">
            <div class="stack">
              <PolicyFields texts={typed.policy} change={(policy) => put({ policy })} isSigned={channel?.has_signing_secret === true} faults={faults} />
              {channel?.sends_json === true ? (
                <TextArea
                  label="Body"
                  value={typed.transform}
                  change={(transform) => put({ transform })}
                  placeholder="{'text': event_type, 'total': payload.total}"
                  hint="An expression in CEL over the event, whose value is sent in its place. Empty to send the event."
                  fault={faults["transform"]}
                />
              ) : (
                <TextArea label="Message" value={typed.template} change={(template) => put({ template })} hint="${event_type} and the like are filled in. Empty for the usual text, which tells the `message` of the payload." fault={faults["message_template"]} />
              )}
              <Check label="A push acknowledges its event" value={typed.acknowledges} change={(acknowledges) => put({ acknowledges })} hint="It leaves the inbox when this receiver accepts it. Off, if somebody else works through the inbox." />
            </div>
          </Card>
          <Preview of={previewedOf(config, body, changes)} />
        </div>
      </div>
      <div class="row">
        <Button type="submit" kind="main" disabled={saving.isRunning}>
          {saving.isRunning ? "Saving …" : "Save"}
        </Button>
        <LinkButton to={href(config === null ? ["destinations"] : ["destinations", config.id])} kind="quiet">
          Cancel
        </LinkButton>
      </div>
    </form>
  );
}
