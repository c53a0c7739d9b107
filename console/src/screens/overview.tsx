import { useData, useSession } from "../data";
import { href } from "../router";
import { Card, Empty, Fault, Figure, Heading, Skeleton, Status, Time } from "../ui/parts";
import { Table } from "../ui/table";
import { healthOf } from "./destinations";
import { UsageChart } from "./usage";

const REFRESH_SECONDS = 15;

/** Is all well? Each part is shown to those who may ask for it. */
export function OverviewScreen() {
  const { can } = useSession();
  return (
    <>
      <Heading title="Overview" says="What waits, what was pushed, and what needs you." />
      {can("inbox") && <InboxFigures />}
      {can("events:read") && <UsageChart days={14} />}
      <div class="two">
        {can("notifications:manage") && <Receivers />}
        {can("metrics:read") && <Alarms />}
      </div>
    </>
  );
}

function InboxFigures() {
  const { client } = useSession();
  const stats = useData("inbox stats", (signal) => client.get("/inbox/stats", { signal }), { everySeconds: REFRESH_SECONDS });
  const found = stats.data;
  const counted = (count: number) => `${count.toLocaleString()}${found?.is_capped ? "+" : ""}`;
  return (
    <>
      <Fault error={stats.error} retry={stats.reload} />
      <div class="figures">
        <Figure name="Waiting in the inbox" value={found && counted(found.pending)} says={found && <a href={href(["events"], { status: "undelivered" })}>See them</a>} />
        <Figure name="Failed pushes waiting" value={found && counted(found.failed)} says={found && <a href={href(["events"], { status: "failed" })}>See them</a>} />
        <Figure name="Leased to workers" value={found && counted(found.leased)} />
        <Figure name="Oldest" value={found && (found.oldest_pending_at === null ? "–" : ageOf(found.oldest_pending_at))} says={found && <Time at={found.oldest_pending_at} missing="nothing waits" />} />
      </div>
    </>
  );
}

function Receivers() {
  const { client } = useSession();
  const configs = useData("configs", (signal) => client.get("/notifications/configs", { signal }), { everySeconds: REFRESH_SECONDS });
  const ailing = configs.data?.filter((config) => healthOf(config) !== "healthy");
  return (
    <Card title="Destinations that need you">
      <Fault error={configs.error} retry={configs.reload} />
      {ailing === undefined && configs.isLoading && <Skeleton />}
      {ailing?.length === 0 && (
        <Empty title="All is well">
          <p>{configs.data?.length === 0 ? "There is no destination yet." : `${configs.data?.length} of ${configs.data?.length} take what they are sent.`}</p>
          <a href={href(["destinations"])}>Destinations</a>
        </Empty>
      )}
      {ailing !== undefined && ailing.length > 0 && (
        <Table
          label="Destinations that need you"
          items={ailing}
          keyOf={(config) => config.id}
          columns={[
            { name: "Name", show: (config) => <a href={href(["destinations", config.id])}>{config.name}</a>, isWide: true },
            { name: "Health", show: (config) => <Status of={healthOf(config)} /> },
            { name: "Since", show: (config) => <Time at={config.circuit.opened_at ?? config.updated_at} /> },
          ]}
        />
      )}
    </Card>
  );
}

function Alarms() {
  const { client } = useSession();
  const alerts = useData("alerts", (signal) => client.get("/metrics/alerts", { signal }), { everySeconds: REFRESH_SECONDS });
  const ringing = alerts.data?.alerts.filter((alert) => alert.state === "alarm");
  return (
    <Card title="Alarms of the deployment">
      <Fault error={alerts.error} retry={alerts.reload} />
      {ringing === undefined && alerts.isLoading && <Skeleton />}
      {ringing?.length === 0 && <Empty title="None rings" />}
      <ul class="stack">
        {ringing?.map((alert) => (
          <li key={alert.name}>
            <Status of={alert.severity} /> <strong>{alert.name}</strong>
            <p>{alert.description}</p>
            <small>
              since <Time at={alert.since} /> {alert.runbook !== null && <code>{alert.runbook}</code>}
            </small>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function ageOf(moment: string): string {
  const minutes = Math.max(0, (Date.now() - Date.parse(moment)) / 60_000);
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60 / 24)} days`;
}
