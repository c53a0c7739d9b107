import { useState } from "preact/hooks";
import { useAction, useData, usePages, useSession } from "../data";
import { go, href, type Place } from "../router";
import { Choice, TextField } from "../ui/fields";
import { asked, queryOf, useFilters } from "../ui/filters";
import { Button, Dialog, Empty, Fault, ForPrograms, Heading, Status, Time } from "../ui/parts";
import { PagedTable } from "../ui/table";

const STATUSES = [
  ["", "All"],
  ["retrying", "Retrying"],
  ["succeeded", "Succeeded"],
  ["dead", "Dead letters"],
  ["dropped", "Dropped"],
] as const;

export function DeliveriesScreen({ place }: { place: Place }) {
  const { client } = useSession();
  const filters = useFilters(place, ["status", "config_id", "event_id", "event_type", "since", "until"]);
  const query = filters.values;
  const pages = usePages("/notifications/history", { query: { ...asked(query), limit: 50 } });
  const configs = useData("configs", (signal) => client.get("/notifications/configs", { signal }));
  const names = new Map((configs.data ?? []).map((config) => [config.id, config.name]));
  return (
    <>
      <Heading title="Deliveries" says="What was pushed, newest first, with every attempt.">
        <ForPrograms path={`/notifications/history${queryOf(query)}`} value={pages.data} />
        <ReplayDeadLetters configId={query.config_id} configs={[...names]} done={pages.reload} />
      </Heading>
      <div class="filters">
        <Choice label="Status" value={query.status} change={(value) => filters.set("status", value)} of={STATUSES} />
        <Choice label="Destination" value={query.config_id} change={(value) => filters.set("config_id", value)} of={[["", "All"], ...names]} />
        <TextField label="Event" value={query.event_id} change={(value) => filters.set("event_id", value)} placeholder="evt_…" />
        <TextField label="Type" value={query.event_type} change={(value) => filters.set("event_type", value)} placeholder="invoice.*" />
        <TextField label="Since" type="datetime-local" value={query.since} change={(value) => filters.set("since", value)} />
        <TextField label="Until" type="datetime-local" value={query.until} change={(value) => filters.set("until", value)} />
      </div>
      <PagedTable
        label="Deliveries"
        pages={pages}
        keyOf={(delivery) => delivery.id}
        columns={[
          { name: "Event", show: (delivery) => <a href={href(["deliveries", delivery.id])}>{delivery.event_type || delivery.event_id}</a>, isWide: true },
          { name: "Destination", show: (delivery) => names.get(delivery.config_id) ?? delivery.config_id, isWide: true },
          { name: "Status", show: (delivery) => <Status of={delivery.status} /> },
          { name: "Attempts", show: (delivery) => delivery.attempts.length, isNumber: true },
          { name: "Last answer", show: (delivery) => lastAnswer(delivery), isWide: true },
          { name: "First attempt", show: (delivery) => <Time at={delivery.created_at} /> },
        ]}
        empty={
          filters.areSet ? (
            <Empty title="No delivery fits these filters">
              <Button onClick={() => go(href(["deliveries"]))}>Clear the filters</Button>
            </Empty>
          ) : (
            <Empty title="Nothing has been pushed yet">
              <p>Events are pushed to destinations whose filters they match.</p>
              <a href={href(["destinations"])}>Make a destination</a>
            </Empty>
          )
        }
      />
    </>
  );
}

function lastAnswer(delivery: { attempts: readonly { status_code: number | null; error: string | null }[]; reason: string | null }): string {
  const last = delivery.attempts.at(-1);
  return last?.error ?? (last?.status_code ? String(last.status_code) : (delivery.reason ?? "–"));
}

interface Counted {
  matched: number;
  replayed: number;
  skipped: number;
}

/** Replays what was given up: counted first, and only then pushed again. */
function ReplayDeadLetters(props: { configId: string; configs: readonly (readonly [string, string])[]; done: () => void }) {
  const { client } = useSession();
  const [isOpen, setIsOpen] = useState(false);
  const [configId, setConfigId] = useState(props.configId);
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [found, setFound] = useState<(Counted & { isDone: boolean }) | null>(null);
  const replaying = useAction(async (isDone: boolean) => {
    const total: Counted = { matched: 0, replayed: 0, skipped: 0 };
    let cursor: string | null = null;
    do {
      const given = asked({ config_id: configId, since, until, cursor: cursor ?? "" });
      const part: Counted & { next_cursor: string | null } = await client.post("/notifications/dead-letters/replay", { body: { ...given, dry_run: !isDone } });
      total.matched += part.matched;
      total.replayed += part.replayed;
      total.skipped += part.skipped;
      cursor = part.next_cursor;
      setFound({ ...total, isDone });
    } while (cursor !== null);
    if (isDone) props.done();
  });
  const changed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setFound(null);
  };
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>Replay dead letters</Button>
      {isOpen && (
        <Dialog title="Replay dead letters" close={() => setIsOpen(false)}>
          <p>What was given up is pushed again, with its whole retry schedule ahead. Count it first.</p>
          <Choice label="Destination" value={configId} change={changed(setConfigId)} of={[["", "All"], ...props.configs]} />
          <TextField label="First attempted since" type="datetime-local" value={since} change={changed(setSince)} />
          <TextField label="And before" type="datetime-local" value={until} change={changed(setUntil)} />
          <Fault error={replaying.error} />
          {found !== null && (
            <p class="note" role="status">
              {found.isDone ? `${found.replayed} of ${found.matched} are pushed again; ${found.skipped} cannot be.` : `${found.matched} dead letters match.`}
            </p>
          )}
          <div class="row">
            <Button disabled={replaying.isRunning} onClick={() => void replaying.run(false)}>
              Count
            </Button>
            <Button kind="main" disabled={replaying.isRunning || found === null || found.isDone || found.matched === 0} onClick={() => void replaying.run(true)}>
              Replay {found === null || found.isDone ? "" : found.matched}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
