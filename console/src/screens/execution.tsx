import { useData, usePages, useSession } from "../data";
import { href } from "../router";
import { Card, Empty, Fault, Figure, ForPrograms, Heading, Pairs, Skeleton, Status, Time } from "../ui/parts";
import { PagedTable } from "../ui/table";

const REFRESH_SECONDS = 5;

export function ExecutionScreen({ executionId }: { executionId: string }) {
  const { client } = useSession();
  const path = { execution_id: executionId };
  const execution = useData(executionId, (signal) => client.get("/executions/{execution_id}", { path, signal }), { everySeconds: REFRESH_SECONDS });
  const pages = usePages("/executions/{execution_id}/events", { path, query: { limit: 50 } });
  const found = execution.data;
  return (
    <>
      <Heading title={executionId} says="An execution: the events of one run of a producer’s job.">
        {found !== undefined && <Status of={found.status} />}
        <ForPrograms path={`/executions/${encodeURIComponent(executionId)}`} value={found} />
      </Heading>
      <Fault error={execution.error} retry={execution.reload} />
      <div class="figures">
        <Figure name="Events" value={found?.total_events.toLocaleString()} />
        <Figure name="Failures" value={found?.failed_events.toLocaleString()} />
        <Figure name="Duration" value={found && lasted(found.duration_seconds)} says={found && <Time at={found.started_at} />} />
      </div>
      <Card title="Events by type">
        {found === undefined ? execution.isLoading && <Skeleton lines={4} /> : <Pairs of={Object.entries(found.counts).map(([type, count]) => [type, count.toLocaleString()] as const)} />}
      </Card>
      <PagedTable
        label="Timeline"
        pages={pages}
        keyOf={(event) => event.id}
        columns={[
          { name: "Created", show: (event) => <Time at={event.created_at} /> },
          { name: "Type", show: (event) => <a href={href(["events", event.id])}>{event.event_type}</a>, isWide: true },
          { name: "Severity", show: (event) => <Status of={event.severity} /> },
          { name: "Status", show: (event) => <Status of={event.status} /> },
        ]}
        empty={<Empty title="No event of it is kept any more" />}
      />
    </>
  );
}

function lasted(seconds: number | null): string {
  if (seconds === null) return "running";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
