import { curlOf } from "../curl";
import { useEventTypes, usePages, useSession } from "../data";
import { go, href, type Place } from "../router";
import { Choice, TextField } from "../ui/fields";
import { Button, Code, Empty, ForPrograms, Heading, Status, Time } from "../ui/parts";
import { PagedTable } from "../ui/table";
import { asked, queryOf, useFilters } from "../ui/filters";

const STATUSES = [
  ["", "All"],
  ["undelivered", "Undelivered"],
  ["pending", "Pending"],
  ["failed", "Failed"],
  ["delivered", "Delivered"],
] as const;

const SEVERITIES = ["", "info", "warning", "error", "critical"].map((each) => [each, each === "" ? "All" : each] as const);

const LIVE_SECONDS = 5;

const FIRST = { event_type: "invoice.sent", payload: { order_id: "A-1" } };

export function EventsScreen({ place }: { place: Place }) {
  const filters = useFilters(place, ["status", "event_type", "severity", "execution_id", "since", "until", "live"]);
  const { can } = useSession();
  const { live, ...query } = filters.values; // live is none of the filters
  const pages = usePages("/events", { query: { ...asked(query), limit: 50 } }, { everySeconds: live === "1" ? LIVE_SECONDS : null });
  const types = useEventTypes();
  return (
    <>
      <Heading title="Events" says="What came in, newest first.">
        <ForPrograms path={`/events${queryOf(query)}`} value={pages.data} />
        <Button aria-pressed={live === "1"} kind={live === "1" ? "main" : undefined} onClick={() => filters.set("live", live === "1" ? "" : "1")}>
          {live === "1" ? "Live" : "Go live"}
        </Button>
      </Heading>
      <div class="filters">
        <Choice label="Status" value={filters.values.status} change={(value) => filters.set("status", value)} of={STATUSES} />
        <TextField label="Type" value={filters.values.event_type} change={(value) => filters.set("event_type", value)} placeholder="invoice.*" suggestions={types} />
        <Choice label="Severity" value={filters.values.severity} change={(value) => filters.set("severity", value)} of={SEVERITIES} />
        <TextField label="Execution" value={filters.values.execution_id} change={(value) => filters.set("execution_id", value)} placeholder="exec_42" />
        <TextField label="Since" type="datetime-local" value={filters.values.since} change={(value) => filters.set("since", value)} />
        <TextField label="Until" type="datetime-local" value={filters.values.until} change={(value) => filters.set("until", value)} />
      </div>
      <PagedTable
        label="Events"
        pages={pages}
        keyOf={(event) => event.id}
        columns={[
          { name: "Type", show: (event) => <a href={href(["events", event.id])}>{event.event_type}</a>, isWide: true },
          { name: "Status", show: (event) => <Status of={event.status} /> },
          { name: "Severity", show: (event) => <Status of={event.severity} /> },
          { name: "Execution", show: (event) => event.execution_id ?? "–", isWide: true },
          { name: "Created", show: (event) => <Time at={event.created_at} /> },
        ]}
        empty={
          queryOf(query) !== "" ? (
            <Empty title="No event fits these filters">
              <Button onClick={() => go(href(["events"], { live }))}>Clear the filters</Button>
            </Empty>
          ) : (
            <Empty title="No event has come yet">
              <p>Post one from your program, or in a terminal. {live === "1" ? "It shows here within seconds." : "Go live to see it come."}</p>
              {can("events:write") && <Code label="A first event as curl" text={curlOf("POST", "/events", FIRST)} />}
            </Empty>
          )
        }
      />
    </>
  );
}
