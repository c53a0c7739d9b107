import { useState } from "preact/hooks";
import { useAction, useData, useSession } from "../data";
import { go, href } from "../router";
import { Button, Card, Destroy, Fault, ForPrograms, Heading, LinkButton, Pairs, Secret, Skeleton, Status, Time } from "../ui/parts";
import { healthOf, type Standing } from "./destinations";
import { DestinationHealth } from "./destination_health";
import { waitsInWords } from "./policy_fields";
import { ReplayMissed } from "./replay";

const REFRESH_SECONDS = 15;

/** Told with what signs, not with what the channel takes; a key of ours stands in its place. */
const SIGNING_SECRET = "secret";

interface Trial {
  accepted: boolean;
  status_code: number | null;
  error: string | null;
  duration_ms: number;
}

export function DestinationScreen({ configId }: { configId: string }) {
  const { client, can } = useSession();
  const path = { config_id: configId };
  const config = useData(configId, (signal) => client.get("/notifications/configs/{config_id}", { path, signal }), { everySeconds: REFRESH_SECONDS });
  const [trial, setTrial] = useState<Trial | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [oldKeyUntil, setOldKeyUntil] = useState<string | null>(null);
  const testing = useAction(async () => setTrial(await client.post("/notifications/test", { body: { config_id: configId } })));
  const pausing = useAction(async (enabled: boolean) => {
    await client.patch("/notifications/configs/{config_id}", { path, body: { enabled } });
    config.reload();
  });
  const rotating = useAction(async () => {
    const rotated = await client.post("/notifications/configs/{config_id}/rotate-secret", { path });
    setSecret(rotated.secret ?? null);
    setOldKeyUntil(rotated.secret == null ? (rotated.previous_secret_until ?? null) : null);
    config.reload(); // it shows a new public key
  });
  const deleting = useAction(async () => {
    await client.delete("/notifications/configs/{config_id}", { path });
    go(href(["destinations"]));
  });
  const found = config.data;
  return (
    <>
      <Heading title={found?.name ?? "Destination"} says={<code>{configId}</code>}>
        <ForPrograms path={`/notifications/configs/${configId}`} value={found} />
        <Button disabled={found === undefined || testing.isRunning} onClick={() => void testing.run()}>
          {testing.isRunning ? "Sending …" : "Send a test"}
        </Button>
        <Button disabled={found === undefined || pausing.isRunning} onClick={() => void pausing.run(!found?.enabled)}>
          {found?.enabled === false ? "Resume" : "Pause"}
        </Button>
        <LinkButton to={href(["destinations", configId, "edit"])}>Edit</LinkButton>
      </Heading>
      <Fault error={config.error ?? testing.error ?? pausing.error ?? rotating.error} />
      {trial !== null && <Tried trial={trial} />}
      {secret !== null && <Secret text={secret} says="The new signing secret, shown this once. The old one signs too for 24 hours." />}
      {oldKeyUntil !== null && (
        <div class="note" data-tone="good" role="status">
          <strong>It signs with a new key.</strong>
          <span>
            The old one signs too until <Time at={oldKeyUntil} />.
          </span>
        </div>
      )}
      {found === undefined ? (
        config.isLoading && <Skeleton />
      ) : (
        <>
          <WhatToDo of={found} />
          <div class="row">
            <LinkButton to={href(["deliveries"], { config_id: configId })}>Its deliveries</LinkButton>
            <ReplayMissed configId={configId} done={config.reload} />
          </div>
          {(can("events:read") || can("metrics:read")) && <DestinationHealth configId={configId} />}
          <div class="two">
            <Card title="Facts">
              <Pairs
                of={[
                  ["Health", <Status of={healthOf(found)} />],
                  ...(found.disabled_reason == null ? [] : [["Why", found.disabled_reason] as const]),
                  ["Channel", found.channel],
                  ["Failures in a row", found.circuit?.failures ?? "–"],
                  ...(found.circuit?.held_until == null ? [] : [["Held until", <Time at={found.circuit.held_until} />] as const]),
                  ["Acknowledges", found.acknowledges ? "yes" : "no"],
                  ["Signed", signedBy(found)],
                  ...(found.public_key == null ? [] : [["Public key", <code>{found.public_key}</code>] as const]),
                  ["Tries again after", waitsInWords(found.retry_schedule_seconds ?? null) || "the usual waits"],
                  ["Pushes a second", found.rate_limit_per_second ?? "as many as come"],
                  ["Seconds to answer", found.timeout_seconds ?? "the usual"],
                  ["Created", <Time at={found.created_at} />],
                  ["Changed", <Time at={found.updated_at} />],
                ]}
              />
            </Card>
            <div class="stack">
              <Card title="Settings">
                <Pairs
                  of={[
                    ...Object.entries(found.settings).map(([name, value]) => [name, <code>{shown(value)}</code>] as const),
                    ...found.secrets_set.filter((name) => name !== SIGNING_SECRET).map((name) => [name, "set, not shown"] as const),
                  ]}
                />
              </Card>
              {(found.transform ?? found.message_template) != null && (
                <Card title="What is sent">
                  <Pairs
                    of={[
                      ...(found.transform == null ? [] : [["Body", <code>{found.transform}</code>] as const]),
                      ...(found.message_template == null ? [] : [["Message", <code>{found.message_template}</code>] as const]),
                    ]}
                  />
                </Card>
              )}
              <Card title="Filters">
                {Object.values(found.filters).every((value) => value == null) && <p>All events are pushed to it.</p>}
                <Pairs of={Object.entries(found.filters).flatMap(([name, value]) => (value === null ? [] : [[name.replaceAll("_", " "), shown(value)] as const]))} />
              </Card>
            </div>
          </div>
          <div class="row">
            {found.channel === "webhook" && (
              <Button disabled={rotating.isRunning} onClick={() => void rotating.run()}>
                {found.public_key == null ? "Rotate the signing secret" : "Rotate the signing key"}
              </Button>
            )}
            <Destroy name="Delete" says="Nothing is pushed to it any more, and what is under way is dropped. Its history stays." act={deleting} />
          </div>
        </>
      )}
    </>
  );
}

/** What is wrong with it, and how it is mended; nothing if all is well. */
function WhatToDo({ of: config }: { of: Standing }) {
  const word = healthOf(config);
  const [what, todo] = WRONG.get(word) ?? [];
  if (what === undefined) return null;
  return (
    <div class="note" data-tone={word === "paused" || word === "waiting" ? "warn" : "bad"} role="status">
      <strong>
        {what}
        {config.disabled_reason != null && `: ${config.disabled_reason}`}
      </strong>
      <span>{todo}</span>
    </div>
  );
}

const WRONG: ReadonlyMap<string, readonly [string, string]> = new Map(Object.entries<readonly [string, string]>({
  paused: ["Nothing is pushed to it while it is paused", "Resume it, and replay what it missed."],
  disabled: ["It was disabled", "Send a test to see what the receiver says. Edit the address or mend the receiver, resume it, and replay what it missed."],
  open: ["The receiver fails, so it is left alone for two minutes at a time", "Send a test to see what it says. Mend it, or edit the address; what waits comes by itself, what was given up can be replayed."],
  half_open: ["The receiver failed, and is tried again now", "What waits comes by itself once it takes pushes again."],
  waiting: ["The receiver asked for a pause", "What waits comes by itself after it."],
}));

function Tried({ trial }: { trial: Trial }) {
  return (
    <div class="note" data-tone={trial.accepted ? "good" : "bad"} role="status">
      <strong>{trial.accepted ? "The receiver accepted the test." : "The receiver refused the test."}</strong>
      <span>
        {trial.error ?? `Status ${trial.status_code ?? "none"}`} · {trial.duration_ms} ms
      </span>
    </div>
  );
}

export function signedBy(config: { signature?: string | null }): string {
  if (config.signature == null) return "no";
  const how = { v1: ": by a secret that both sides know", v1a: ": by a key of ours" }[config.signature];
  return config.signature + (how ?? "");
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
