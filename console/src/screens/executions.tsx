import { usePages } from "../data";
import { go, href, type Place } from "../router";
import { Choice, TextField } from "../ui/fields";
import { asked, queryOf, useFilters } from "../ui/filters";
import { Button, Empty, ForPrograms, Heading, Status, Time } from "../ui/parts";
import { PagedTable } from "../ui/table";

const STATUSES = [
  ["", "All"],
  ["running", "Running"],
  ["completed", "Completed"],
  ["completed_with_errors", "Completed with errors"],
] as const;

export function ExecutionsScreen({ place }: { place: Place }) {
  const filters = useFilters(place, ["status", "since"]);
  const pages = usePages("/executions", { query: { ...asked(filters.values), limit: 25 } });
  return (
    <>
      <Heading title="Executions" says="Runs of your producers’ jobs, newest first.">
        <ForPrograms path={`/executions${queryOf(filters.values)}`} value={pages.data} />
      </Heading>
      <div class="filters">
        <Choice label="Status" value={filters.values.status} change={(value) => filters.set("status", value)} of={STATUSES} />
        <TextField label="Begun since" type="datetime-local" value={filters.values.since} change={(value) => filters.set("since", value)} />
      </div>
      <PagedTable
        label="Executions"
        pages={pages}
        keyOf={(execution) => execution.execution_id}
        columns={[
          { name: "Execution", show: (execution) => <a href={href(["executions", execution.execution_id])}>{execution.execution_id}</a>, isWide: true },
          { name: "Status", show: (execution) => <Status of={execution.status} /> },
          { name: "Events", show: (execution) => execution.total_events.toLocaleString(), isNumber: true },
          { name: "Failures", show: (execution) => execution.failed_events.toLocaleString(), isNumber: true },
          { name: "Begun", show: (execution) => <Time at={execution.started_at} /> },
        ]}
        empty={
          filters.areSet ? (
            <Empty title="No execution fits these filters">
              <Button onClick={() => go(href(["executions"]))}>Clear the filters</Button>
            </Empty>
          ) : (
            <Empty title="No event has named an execution yet">
              <p>
                Give all events of one run of a job the same <code>execution_id</code>, and they are counted together here.
              </p>
            </Empty>
          )
        }
      />
    </>
  );
}
