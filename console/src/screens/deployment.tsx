import { useData, useSession } from "../data";
import { Bars, Lines } from "../ui/chart";
import { hourName, spanOf } from "../ui/moments";
import { Card, Empty, Fault, Figure, ForPrograms, Heading, Skeleton, Status, Time } from "../ui/parts";
import { Table } from "../ui/table";
import { isFresh, nameOf, Verdict } from "./verdict";

const REFRESH_SECONDS = 15;

/** The whole deployment, for those who run it: one call, and all alarms. */
export function DeploymentScreen() {
  const { client } = useSession();
  const dashboard = useData("dashboard", (signal) => client.get("/metrics/dashboard", { signal }), { everySeconds: REFRESH_SECONDS });
  const found = dashboard.data;
  const summary = found?.summary;
  return (
    <>
      <Heading title="Deployment" says="All tenants together, and the alarms of the service itself.">
        <ForPrograms path="/metrics/dashboard" value={found} />
      </Heading>
      <Fault error={dashboard.error} retry={dashboard.reload} />
      {dashboard.error === undefined && <Verdict known={{ configs: null, inbox: null, alarms: found && { alerts: found.alerts, as_of: found.summary.observed_at } }} />}
      <div class="figures">
        <Figure name="Waiting in all inboxes" value={summary && counted(summary.inbox_depth)} says={summary && (summary.oldest_pending_age_seconds === null ? "" : `the oldest for ${spanOf(summary.oldest_pending_age_seconds)}`)} />
        <Figure name="Events today" value={summary && counted(summary.events_created_today)} says={summary && `${counted(summary.events_created_last_hour)} in the last hour`} />
        <Figure name="Delivered, last day" value={summary && share(summary.delivery_success_rate_percent_last_day)} says={summary && (summary.circuits_open === 1 ? "1 circuit open" : `${counted(summary.circuits_open)} circuits open`)} />
        <Figure name="API, last hour" value={summary && milliseconds(summary.api_latency_p95_milliseconds_last_hour)} says={summary && `p95; ${share(summary.api_error_rate_percent_last_hour)} errors`} />
      </div>
      <Hours hours={found?.hours} />
      <Alarms alarms={found?.alerts} asOf={summary?.observed_at} />
    </>
  );
}

const counted = (count: number | null): string => (count === null ? "–" : Math.round(count).toLocaleString());
const share = (percent: number | null): string => (percent === null ? "–" : `${(Math.floor(percent * 10) / 10).toLocaleString()} %`);
const milliseconds = (value: number | null): string => (value === null ? "–" : `${Math.round(value).toLocaleString()} ms`);

interface Alarm {
  name: string;
  description: string;
  severity: string;
  state: string;
  since: string | null;
  runbook: string | null;
}

function Alarms({ alarms, asOf }: { alarms: readonly Alarm[] | undefined; asOf: string | null | undefined }) {
  const ringing = alarms?.filter((alarm) => alarm.state === "alarm").length ?? 0;
  const title = alarms === undefined || !isFresh(asOf) ? "Alarms" : ringing === 0 ? `Alarms: none of ${alarms.length} rings` : `Alarms: ${ringing} of ${alarms.length} ${ringing === 1 ? "rings" : "ring"}`;
  return (
    <Card title={title} tools={asOf != null && <small>As of <Time at={asOf} /></small>}>
      {alarms === undefined && <Skeleton lines={4} />}
      {alarms?.length === 0 && <Empty title="Nobody has looked at the alarms yet">The monitor does, once a minute.</Empty>}
      {alarms !== undefined && alarms.length > 0 && (
        <Table
          label="Alarms"
          items={alarms}
          keyOf={(alarm) => alarm.name}
          columns={[
            { name: "Alarm", show: (alarm) => <Named of={alarm} />, isWide: true },
            { name: "State", show: (alarm) => <Status of={alarm.state === "alarm" ? alarm.severity : alarm.state} /> },
            { name: "Since", show: (alarm) => <Time at={alarm.since} /> },
            { name: "What to do", show: (alarm) => <code>{alarm.runbook ?? "–"}</code>, isWide: true },
          ]}
        />
      )}
    </Card>
  );
}

function Named({ of: alarm }: { of: Alarm }) {
  return (
    <>
      <strong>{nameOf(alarm)}</strong>
      <br />
      <small>{alarm.description.replace(`: ${alarm.runbook ?? ""}`, ".")}</small>
    </>
  );
}

interface Hour {
  begins_at: string;
  events_created: number;
  events_acknowledged: number;
  deliveries_succeeded: number;
  deliveries_failed: number;
  api_requests: number;
  api_errors: number;
  api_latency_p95_milliseconds: number | null;
  inbox_depth_highest: number | null;
}

function Hours({ hours }: { hours: readonly Hour[] | undefined }) {
  if (hours === undefined) {
    return (
      <div class="two">
        {["Events", "Deliveries"].map((title) => (
          <Card key={title} title={title}>
            <Skeleton lines={8} />
          </Card>
        ))}
      </div>
    );
  }
  const names = hours.map((hour) => hourName(hour.begins_at));
  const values = <Name extends keyof Hour>(of: Name) => hours.map((hour) => hour[of]);
  return (
    <div class="two">
      <Card title="Events">
        <Lines
          label="Events by the hour"
          names={names}
          series={[
            { name: "created", tone: "accent", values: values("events_created") },
            { name: "acknowledged", tone: "good", values: values("events_acknowledged") },
          ]}
        />
      </Card>
      <Card title="Deliveries">
        <Bars
          label="Deliveries by the hour"
          names={names}
          series={[
            { name: "succeeded", tone: "good", values: values("deliveries_succeeded") },
            { name: "given up", tone: "bad", values: values("deliveries_failed") },
          ]}
        />
      </Card>
      <Card title="Requests">
        <Bars
          label="Requests by the hour"
          names={names}
          series={[
            { name: "answered", tone: "accent", values: hours.map((hour) => hour.api_requests - hour.api_errors) },
            { name: "failed", tone: "bad", values: values("api_errors") },
          ]}
        />
      </Card>
      <Card title="Time to answer, and what waits">
        <Lines label="Milliseconds within which 95 % were answered" unit=" ms" names={names} series={[{ name: "p95", tone: "warn", values: values("api_latency_p95_milliseconds").map((value) => (value === null ? null : Math.round(value))) }]} />
        <Lines label="Waiting in all inboxes" names={names} series={[{ name: "waiting", tone: "accent", values: values("inbox_depth_highest") }]} />
      </Card>
    </div>
  );
}
