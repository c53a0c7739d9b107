import { useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, useData, useSession } from "../data";
import { go, href } from "../router";
import { TextField } from "../ui/fields";
import { Button, Card, Code, Copy, Destroy, Dialog, Empty, Fault, Figure, ForPrograms, Heading, LinkButton, Pairs, Secret, Skeleton, Status, Time } from "../ui/parts";
import { inline } from "../ui/markdown";
import { standingOf } from "./sources";

type Source = components["schemas"]["OneSourceOut"];
type Provider = components["schemas"]["ProviderOut"];

const REFRESH_SECONDS = 5; // somebody waits for the first request

export function SourceScreen({ sourceId }: { sourceId: string }) {
  const { client } = useSession();
  const path = { source_id: sourceId };
  const source = useData(sourceId, (signal) => client.get("/sources/{source_id}", { path, signal }), { everySeconds: REFRESH_SECONDS });
  const providers = useData("providers", (signal) => client.get("/sources/providers", { signal }));
  const [secret, setSecret] = useState<string | null>(null);
  const [isRotating, setIsRotating] = useState(false);
  const pausing = useAction(async (enabled: boolean) => {
    await client.patch("/sources/{source_id}", { path, body: { enabled } });
    source.reload();
  });
  const deleting = useAction(async () => {
    await client.delete("/sources/{source_id}", { path });
    go(href(["sources"]));
  });
  const found = source.data;
  const provider = providers.data?.find((each) => each.provider === found?.provider);
  return (
    <>
      <Heading title={found?.name ?? "Source"} says={<code>{sourceId}</code>}>
        <ForPrograms path={`/sources/${sourceId}`} value={found} />
        <Button disabled={found === undefined || pausing.isRunning} onClick={() => void pausing.run(!found?.enabled)}>
          {found?.enabled === false ? "Resume" : "Pause"}
        </Button>
        {provider?.secret !== null && (
          <Button disabled={provider === undefined} onClick={() => setIsRotating(true)}>
            Rotate the secret
          </Button>
        )}
        <LinkButton to={href(["sources", sourceId, "edit"])}>Edit</LinkButton>
        <Destroy name="Delete" says="Within a minute its URL is unknown everywhere: whatever its sender still posts is answered 404. Events that came by it stay." act={deleting} />
      </Heading>
      <Fault error={source.error ?? providers.error ?? pausing.error} />
      {secret !== null && <Secret text={secret} says="The new secret, shown this once. Give it to the sender; the old one is taken too for a day." />}
      {(found !== undefined || source.isLoading) && <Shown source={found} provider={provider} />}
      {found !== undefined && <Refusals source={found} />}
      {isRotating && provider !== undefined && (
        <Dialog title="Rotate the secret" close={() => setIsRotating(false)}>
          <Rotate
            sourceId={sourceId}
            provider={provider}
            done={(made) => {
              setSecret(made);
              setIsRotating(false);
              source.reload();
            }}
          />
        </Dialog>
      )}
    </>
  );
}

function Shown({ source, provider }: { source: Source | undefined; provider: Provider | undefined }) {
  return (
    <>
      <Card title="Its URL">
        <div class="secret">
          <code>{source?.url ?? "…"}</code>
          <Copy text={source?.url ?? ""}>Copy the URL</Copy>
        </div>
      </Card>
      <div class="figures">
        <Figure name="Arrived" value={source?.arrived.toLocaleString()} says={source && <Arrived source={source} provider={provider} />} />
        <Figure name="Refused" value={source?.refused.toLocaleString()} says={source && <Time at={source.last_refused_at} missing="nothing" />} />
      </div>
      <div class="two">
        <Card title="How to connect it">{provider === undefined ? <Skeleton lines={8} /> : <Steps of={provider} />}</Card>
        <Card title="Facts">{source === undefined ? <Skeleton lines={6} /> : <Facts of={source} />}</Card>
      </div>
    </>
  );
}

function Facts({ of: source }: { of: Source }) {
  return (
    <Pairs
      of={[
        ["State", <Status of={standingOf(source)} />],
        ["Sender", source.provider],
        ["Events are of type", source.event_type ?? "the sender’s own"],
        ...secretFacts(source.secrets_set),
        ...(source.previous_secret_until == null ? [] : [["Old secret taken until", <Time at={source.previous_secret_until} />] as const]),
        ...Object.entries(source.settings ?? {}).map(([name, value]) => [name.replaceAll("_", " "), <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>] as const),
        ["Created", <Time at={source.created_at} />],
        ["Changed", <Time at={source.updated_at} />],
      ]}
    />
  );
}

/** What it is signed with, and other secrets that it may have beside that. */
export function secretFacts(set: readonly string[] | undefined): readonly (readonly [string, string])[] {
  const others = set?.filter((name) => name !== "secret") ?? [];
  return [["Secret", set?.includes("secret") ? "set, not shown" : "none set"], ...others.map((name) => [name.replaceAll("_", " "), "set, not shown"] as const)];
}

/** When the last one came, and where they are, if their types tell. */
function Arrived({ source, provider }: { source: Source; provider: Provider | undefined }) {
  const { can } = useSession();
  const isNamedAfter = provider?.example_event_type.startsWith(`${source.provider}.`) === true;
  const types = source.event_type ?? (isNamedAfter ? `${source.provider}.*` : null);
  return (
    <>
      <Time at={source.last_arrived_at} missing="nothing yet" />
      {types !== null && can("events:read") && (
        <>
          {" · "}
          <a href={href(["events"], { event_type: types })}>its events</a>
        </>
      )}
    </>
  );
}

/** What to do at the sender's, in its own words for things. */
export function Steps({ of: provider }: { of: Provider }) {
  return (
    <div class="stack">
      <p>{provider.description}</p>
      <ol class="steps">
        {provider.steps.map((step) => (
          <li key={step}>{inline(step)}</li>
        ))}
      </ol>
      <p>
        Its events are called, for example, <code>{provider.example_event_type}</code>.{" "}
        {provider.documentation && (
          <a href={provider.documentation} target="_blank" rel="noreferrer noopener">
            The sender’s own page
          </a>
        )}
      </p>
    </div>
  );
}

function Refusals({ source }: { source: Source }) {
  const { client } = useSession();
  const path = { source_id: source.id };
  // Asked anew whenever there are more of them.
  const refusals = useData(`refusals ${source.id} ${source.refused}`, (signal) => client.get("/sources/{source_id}/refusals", { path, signal }));
  return (
    <Card title="Refused lately" tools={<ForPrograms path={`/sources/${source.id}/refusals`} value={refusals.data} />}>
      <Fault error={refusals.error} retry={refusals.reload} />
      {refusals.data === undefined && refusals.isLoading && <Skeleton />}
      {refusals.data?.length === 0 && (
        <Empty title="Nothing was refused">
          <p>A request whose signature is wrong, missing or old is refused, and told of here with its headers.</p>
        </Empty>
      )}
      <ol class="timeline">
        {refusals.data?.map((refusal) => (
          <li key={refusal.at} data-tone="bad">
            <strong>{String(refusal.reason).replaceAll("_", " ")}</strong>: {refusal.message}
            <br />
            <small>
              <Time at={refusal.at} /> · {refusal.method}
            </small>
            <details>
              <summary>Its headers</summary>
              <Code label="Headers" text={Object.entries(refusal.headers).map(([name, value]) => `${name}: ${value}`).join("\n")} />
            </details>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Rotate(props: { sourceId: string; provider: Provider; done: (made: string | null) => void }) {
  const { client } = useSession();
  const [text, setText] = useState("");
  const { provider } = props;
  const rotating = useAction(async () => {
    const body = text.trim() === "" ? {} : { secret: text.trim() };
    props.done((await client.post("/sources/{source_id}/rotate-secret", { path: { source_id: props.sourceId }, body })).secret);
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void rotating.run();
      }}
    >
      <p>The new secret is taken at once, and the old one too for a day: change it at the sender’s in that time.</p>
      <TextField label="New secret" type="password" value={text} change={setText} required={!provider.makes_secret} hint={provider.makes_secret ? "Empty to have one made." : "As the sender shows it."} />
      <Fault error={rotating.error} />
      <Button type="submit" kind="main" disabled={rotating.isRunning}>
        Rotate
      </Button>
    </form>
  );
}
