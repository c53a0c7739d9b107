import { useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, useData, useSession } from "../data";
import { go, href } from "../router";
import { Cards, TextField } from "../ui/fields";
import { Button, Card, Fault, Heading, LinkButton, Secret, Skeleton } from "../ui/parts";
import { isEmpty, patchOf, type Values } from "../ui/patch";
import { faultsOf, type Schema, SchemaForm, type Texts, textsOf, under, valuesOf } from "../ui/schema_form";
import { spelled } from "../ui/spelling";
import { Steps } from "./source";

type Source = components["schemas"]["OneSourceOut"];
type Provider = components["schemas"]["ProviderOut"];

/** What was changed in the form since the source was read; its settings have this schema. */
export function changesOf(source: Source, typed: Values & { provider: string }, schema: Schema): Record<string, unknown> {
  const { name, provider, event_type } = source;
  const settings = typed.provider === provider ? valuesOf(schema, textsOf(source.settings)) : {}; // another one's begin anew
  return patchOf({ name, provider, settings, event_type }, typed);
}

export function SourceFormScreen({ sourceId }: { sourceId?: string }) {
  const { client } = useSession();
  const asked = useData(`form ${sourceId ?? ""}`, async (signal) => {
    const path = { source_id: sourceId ?? "" };
    const [providers, source] = await Promise.all([client.get("/sources/providers", { signal }), sourceId === undefined ? null : client.get("/sources/{source_id}", { path, signal })]);
    return { providers, source };
  });
  return (
    <>
      <Heading title={sourceId === undefined ? "New source" : "Edit source"} says="Who sends, and how its requests are known to be its own." />
      <Fault error={asked.error} retry={asked.reload} />
      {asked.data === undefined ? asked.isLoading && <Skeleton /> : <SourceForm {...asked.data} />}
    </>
  );
}

function SourceForm({ providers, source: found }: { providers: readonly Provider[]; source: Source | null }) {
  const { client } = useSession();
  const [source] = useState(found); // what was read when somebody began to type
  const [name, setName] = useState(source?.name ?? "");
  const [providerName, setProviderName] = useState(source?.provider ?? providers[0]?.provider ?? "");
  const [secret, setSecret] = useState("");
  const [texts, setTexts] = useState<Texts>(textsOf(source?.settings ?? {}));
  const [eventType, setEventType] = useState(source?.event_type ?? "");
  const [made, setMade] = useState<{ text: string; id: string } | null>(null);
  const provider = providers.find((each) => each.provider === providerName);
  const schema = (provider?.settings ?? {}) as Schema;
  const saving = useAction(async () => {
    const typed = { name, provider: providerName, settings: valuesOf(schema, texts), event_type: eventType.trim() || null, ...(secret !== "" && { secret }) };
    const changes = source === null ? typed : changesOf(source, typed, schema);
    if (source !== null && isEmpty(changes)) return go(href(["sources", source.id]));
    const saved =
      source === null
        ? await client.post("/sources", { body: typed as components["schemas"]["SourceIn"] })
        : await client.patch("/sources/{source_id}", { path: { source_id: source.id }, body: changes as components["schemas"]["SourcePatchIn"] });
    if (saved.secret) setMade({ text: saved.secret, id: saved.id });
    else go(href(["sources", saved.id]));
  });
  if (made !== null) {
    return (
      <div class="stack">
        <Secret text={made.text} says="The secret that was made, shown this once. The sender signs with it; its own page asks for it." />
        <div>
          <LinkButton to={href(["sources", made.id])} kind="main">
            I have kept it
          </LinkButton>
        </div>
      </div>
    );
  }
  const faults = faultsOf(saving.error);
  const secretsSet = new Set(source !== null && source.provider === providerName ? source.secrets_set : []);
  const isKept = secretsSet.has("secret");
  const secretHint = isKept ? "Set. Leave it empty to keep it." : provider?.makes_secret ? "Empty to have one made, and shown once." : (provider?.secret as { description?: string } | null)?.description;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void saving.run();
      }}
    >
      <Fault error={saving.error} />
      <div class="stack">
        <Card title="Who sends">
          <div class="stack">
            <TextField label="Name" value={name} change={setName} required fault={faults["name"]} placeholder="Payments" />
            <Cards label="Sender" value={providerName} change={setProviderName} of={providers.map((each) => ({ value: each.provider, name: spelled(each.provider), says: each.description }))} />
          </div>
        </Card>
        <Card title="How it proves who it is">
          <div class="stack">
            {provider?.secret === null && (
              <div class="note" data-tone="warn" role="note">
                <strong>Nobody proves anything here.</strong>
                <span>Whoever knows the URL can post events: keep it as you keep a secret.</span>
              </div>
            )}
            {provider?.secret && <TextField label="Secret" type="password" value={secret} change={setSecret} hint={secretHint} fault={faults["secret"]} />}
            <SchemaForm schema={schema} texts={texts} change={setTexts} faults={under(faults, "settings")} secretsSet={secretsSet} />
          </div>
        </Card>
        <Card title="What it becomes">
          <TextField label="Event type" value={eventType} change={setEventType} placeholder={provider?.example_event_type ?? "payment.received"} hint="For all its events. Empty for the sender’s own types." fault={faults["event_type"]} />
        </Card>
        {provider !== undefined && (
          <Card title="What to do there">
            <Steps of={provider} />
          </Card>
        )}
      </div>
      <div class="row">
        <Button type="submit" kind="main" disabled={saving.isRunning}>
          {saving.isRunning ? "Saving …" : "Save"}
        </Button>
        <LinkButton to={href(source === null ? ["sources"] : ["sources", source.id])} kind="quiet">
          Cancel
        </LinkButton>
      </div>
    </form>
  );
}
