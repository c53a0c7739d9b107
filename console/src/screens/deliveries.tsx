import { useData, usePages, useSession } from "../data";
import { go, href, type Place } from "../router";
import { Choice, TextField } from "../ui/fields";
import { DestinationChoice } from "../ui/destination_choice";
import { asked, queryOf, useFilters } from "../ui/filters";
import { Button, Empty, ForPrograms, Heading, Status, Time } from "../ui/parts";
import { PagedTable } from "../ui/table";
import { everyConfig } from "./destinations";
import { ReplayDeadLetters } from "./replay";

const STATUSES = [
  ["", "All"],
  ["retrying", "Retrying"],
  ["succeeded", "Succeeded"],
  ["dead", "Dead letters"],
  ["dropped", "Dropped"],
] as const;

const REFRESH_SECONDS = 10;

export function DeliveriesScreen({ place }: { place: Place }) {
  const { client } = useSession();
  const filters = useFilters(place, ["status", "config_id", "event_id", "event_type", "since", "until"]);
  const query = filters.values;
  const pages = usePages("/notifications/history", { query: { ...asked(query), limit: 50 } }, { everySeconds: REFRESH_SECONDS });
  const configs = useData("configs", (signal) => everyConfig(client, signal));
  const names = new Map((configs.data ?? []).map((config) => [config.id, config.name]));
  return (
    <>
      <Heading title="Deliveries" says="What was pushed, newest first, with every attempt.">
        <ForPrograms path={`/notifications/history${queryOf(query)}`} value={pages.data} />
        <ReplayDeadLetters listed={query} configs={[...names]} done={pages.reload} />
      </Heading>
      <div class="filters">
        <Choice label="Status" value={query.status} change={(value) => filters.set("status", value)} of={STATUSES} />
        <DestinationChoice value={query.config_id} change={(value) => filters.set("config_id", value)} of={[...names]} />
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
          { name: "Attempts", show: (delivery) => delivery.attempts?.length, isNumber: true },
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

export function lastAnswer(delivery: { attempts?: readonly { status_code?: number | null; error?: string | null }[]; reason?: string | null }): string {
  const last = delivery.attempts?.at(-1);
  return last?.error ?? (last?.status_code ? String(last.status_code) : (delivery.reason ?? "–"));
}
