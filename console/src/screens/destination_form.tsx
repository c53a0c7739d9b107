import { useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, useData, useSession } from "../data";
import { go, href } from "../router";
import { Cards, Check, Choice, TextArea, TextField } from "../ui/fields";
import { Button, Card, Fault, Heading, LinkButton, Secret, Skeleton } from "../ui/parts";
import { faultsOf, type Schema, SchemaForm, type Texts, textsOf, under, valuesOf } from "../ui/schema_form";
import { spelled } from "../ui/spelling";
import { Preview } from "./preview";
import { PolicyFields, policyOf, policyTexts } from "./policy_fields";

type Channel = components["schemas"]["ChannelOut"];
type Config = components["schemas"]["ConfigOut"];

const SEVERITIES = [
  ["", "Any"],
  ["info", "Info and above"],
  ["warning", "Warning and above"],
  ["error", "Error and above"],
  ["critical", "Critical only"],
] as const;
const LISTS = [
  ["event_types", "Event types", "invoice.*"],
  ["connectors", "Connectors", "amazon"],
  ["entity_types", "Entity types", "invoice"],
  ["error_types", "Error types", "rate_limit"],
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

function DestinationForm({ channels, config }: { channels: readonly Channel[]; config: Config | null }) {
  const { client } = useSession();
  const [name, setName] = useState(config?.name ?? "");
  const [channelName, setChannelName] = useState(config?.channel ?? channels[0]?.channel ?? "");
  const [texts, setTexts] = useState<Texts>(textsOf(config?.settings ?? {}));
  const [filters, setFilters] = useState<Texts>(textsOf(config?.filters ?? {}));
  const [template, setTemplate] = useState(config?.message_template ?? "");
  const [transform, setTransform] = useState(config?.transform ?? "");
  const [acknowledges, setAcknowledges] = useState(config?.acknowledges ?? false);
  const [policy, setPolicy] = useState(policyTexts(config));
  const [secret, setSecret] = useState<{ text: string; id: string } | null>(null);
  const chooseChannel = (chosen: string) => {
    setChannelName(chosen);
    // Not every channel takes a time of its own, or signs.
    const known = policyTexts(chosen === config?.channel ? config : null);
    setPolicy({ ...policy, timeout: known.timeout, signature: known.signature });
  };
  const channel = channels.find((each) => each.channel === channelName);
  const sendsJson = channel?.sends_json === true;
  const schema = (channel?.settings ?? {}) as Schema;
  const body = {
    ...config, // what this form does not know stays
    name,
    channel: channelName,
    settings: valuesOf(schema, texts),
    filters: { ...config?.filters, ...filtersOf(filters) },
    transform: !sendsJson || transform.trim() === "" ? null : transform,
    message_template: sendsJson || template === "" ? null : template,
    acknowledges,
    enabled: config?.enabled ?? true,
    ...policyOf(policy),
  } as components["schemas"]["ConfigIn"];
  const saving = useAction(async () => {
    const saved =
      config === null
        ? await client.post("/notifications/configs", { body })
        : await client.put("/notifications/configs/{config_id}", { path: { config_id: config.id }, body });
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
  const secretsSet = new Set(config !== null && config.channel === channelName ? config.secrets_set : []);
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
            <TextField label="Name" value={name} change={setName} required fault={faults["name"]} placeholder="Shop" />
            <Cards label="Channel" value={channelName} change={chooseChannel} of={channels.map((each) => ({ value: each.channel, name: spelled(each.channel), says: each.description }))} />
            <SchemaForm schema={schema} texts={texts} change={setTexts} faults={under(faults, "settings")} secretsSet={secretsSet} />
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
                  value={filters[list] ?? ""}
                  change={(value) => setFilters({ ...filters, [list]: value })}
                  placeholder={example}
                  hint="One on each line."
                  fault={under(faults, "filters")[list]}
                />
              ))}
              <Choice label="Severity" value={filters["min_severity"] ?? ""} change={(value) => setFilters({ ...filters, min_severity: value })} of={SEVERITIES} />
              <TextArea
                label="Expression"
                rows={1}
                value={filters["match"] ?? ""}
                change={(value) => setFilters({ ...filters, match: value })}
                placeholder="payload.total > 100"
                hint="In CEL, over the event: only those for which it is true."
                fault={under(faults, "filters")["match"]}
              />
            </div>
          </Card>
          <Card title="How">
            <div class="stack">
              <PolicyFields texts={policy} change={setPolicy} isSigned={channel?.has_signing_secret === true} faults={faults} />
              {sendsJson ? (
                <TextArea
                  label="Body"
                  value={transform}
                  change={setTransform}
                  placeholder="{'text': event_type, 'total': payload.total}"
                  hint="An expression in CEL over the event, whose value is sent in its place. Empty to send the event."
                  fault={faults["transform"]}
                />
              ) : (
                <TextArea label="Message" value={template} change={setTemplate} hint="${event_type} and the like are filled in. Empty for the usual text, which tells the `message` of the payload." fault={faults["message_template"]} />
              )}
              <Check label="A push acknowledges its event" value={acknowledges} change={setAcknowledges} hint="It leaves the inbox when this receiver accepts it. Off, if somebody else works through the inbox." />
            </div>
          </Card>
          <Preview config={body} />
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

function filtersOf(texts: Texts): Record<string, unknown> {
  const lines = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);
  const lists = LISTS.map(([name]) => {
    const values = lines(texts[name] ?? "");
    return [name, values.length === 0 ? null : values] as const;
  });
  return { ...Object.fromEntries(lists), min_severity: texts["min_severity"] || null, match: texts["match"]?.trim() || null };
}
