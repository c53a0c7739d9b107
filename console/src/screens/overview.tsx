import { useData, usePages, useSession } from "../data";
import { href } from "../router";
import { Bars } from "../ui/chart";
import { hourName, secondsSince, spanOf } from "../ui/moments";
import { Card, Empty, Fault, Figure, ForPrograms, Heading, LinkButton, Skeleton, Status, Time } from "../ui/parts";
import { PagedTable, Table } from "../ui/table";
import { everyConfig, healthOf } from "./destinations";
import { type Known, Verdict } from "./verdict";

const REFRESH_SECONDS = 15;
const HOURS_SECONDS = 60;
const SHOWN = 8;

/** Is all well? Each part is shown to those who may ask for it. */
export function OverviewScreen() {
  const { client, can } = useSession();
  const often = { everySeconds: REFRESH_SECONDS };
  const mayCount = can("events:read") || can("metrics:read");
  const inbox = useData("inbox stats", async (signal) => (mayCount ? client.get("/inbox/stats", { signal }) : null), often);
  const configs = useData("configs", async (signal) => (can("notifications:manage") ? everyConfig(client, signal) : null), often);
  const alerts = useData("alerts", async (signal) => (can("metrics:read") ? client.get("/metrics/alerts", { signal }) : null), often);
  const usage = useData("usage by the hour", async (signal) => (mayCount ? client.get("/usage/hours", { signal }) : null), { everySeconds: HOURS_SECONDS });
  const known: Known = { configs: configs.data, inbox: inbox.data, alarms: alerts.data };
  const faults = [inbox, configs, alerts, usage].filter((each) => each.error !== undefined);
  return (
    <>
      <Heading title="Overview" says="Is all well? What waits, what was pushed, and what needs you.">
        {mayCount && <ForPrograms path="/usage/hours" value={usage.data} />}
      </Heading>
      {faults.map((each, index) => (
        <Fault key={index} error={each.error} retry={each.reload} />
      ))}
      {faults.length === 0 && <Verdict known={known} />}
      {mayCount && <Figures inbox={inbox.data} hours={usage.data?.hours} />}
      {mayCount && <Hours hours={usage.data?.hours} />}
      {!mayCount && can("inbox") && <Waiting />}
      {configs.data && <Destinations configs={configs.data} />}
    </>
  );
}

interface Hour {
  begins_at: string;
  events_created: number;
  deliveries_succeeded: number;
  deliveries_failed: number;
}

function Figures({ inbox, hours }: { inbox: Known["inbox"]; hours: readonly Hour[] | undefined }) {
  const counted = (count: number) => `${count.toLocaleString()}${inbox?.is_capped ? "+" : ""}`;
  const total = (of: keyof Omit<Hour, "begins_at">) => hours?.reduce((sum, hour) => sum + hour[of], 0) ?? 0;
  const [succeeded, failed] = [total("deliveries_succeeded"), total("deliveries_failed")];
  return (
    <div class="figures">
      <Figure name="Waiting in the inbox" value={inbox && counted(inbox.pending)} says={inbox && <a href={href(["events"], { status: "undelivered" })}>{inbox.leased === 0 ? "See them" : `${counted(inbox.leased)} leased to workers`}</a>} />
      <Figure name="Oldest waits for" value={inbox && (inbox.oldest_pending_at == null ? "–" : spanOf(secondsSince(inbox.oldest_pending_at)))} says={inbox && <Time at={inbox.oldest_pending_at} missing="nothing waits" />} />
      <Figure name="Events, 24 hours" value={hours && total("events_created").toLocaleString()} says={hours && <a href={href(["usage"])}>By day</a>} />
      <Figure name="Delivered, 24 hours" value={hours && (succeeded + failed === 0 ? "–" : percent(succeeded, succeeded + failed))} says={hours && (failed === 0 ? `${succeeded.toLocaleString()} pushes, none given up` : <a href={href(["deliveries"], { status: "dead" })}>{failed.toLocaleString()} given up</a>)} />
    </div>
  );
}

/** Rounded down: not all of it is not 100 %. */
export function percent(part: number, whole: number): string {
  return `${(Math.floor((part / whole) * 1000) / 10).toLocaleString()} %`;
}

function Hours({ hours }: { hours: readonly Hour[] | undefined }) {
  const names = hours?.map((hour) => hourName(hour.begins_at)) ?? [];
  const values = (of: keyof Omit<Hour, "begins_at">) => hours?.map((hour) => hour[of]) ?? [];
  return (
    <div class="two">
      <Card title="Events by the hour">
        {hours === undefined ? <Skeleton lines={7} /> : <Bars label="Events by the hour" names={names} series={[{ name: "created", tone: "accent", values: values("events_created") }]} />}
      </Card>
      <Card title="Deliveries by the hour">
        {hours === undefined ? (
          <Skeleton lines={7} />
        ) : (
          <Bars
            label="Deliveries by the hour"
            names={names}
            series={[
              { name: "succeeded", tone: "good", values: values("deliveries_succeeded") },
              { name: "given up", tone: "bad", values: values("deliveries_failed") },
            ]}
          />
        )}
      </Card>
    </div>
  );
}

const BY_HEALTH = ["open", "disabled", "half_open", "waiting", "paused", "healthy"];

function Destinations({ configs }: { configs: NonNullable<Known["configs"]> }) {
  const sorted = [...configs].sort((a, b) => BY_HEALTH.indexOf(healthOf(a)) - BY_HEALTH.indexOf(healthOf(b)));
  return (
    <Card title="Destinations" tools={<a href={href(["destinations"])}>{configs.length > SHOWN ? `All ${configs.length}` : "All"}</a>}>
      {configs.length === 0 ? (
        <Empty title="Nothing is pushed anywhere yet">
          <p>A destination gets your events as they come: a webhook of yours, a chat, a mailbox.</p>
          <LinkButton to={href(["destinations", "new"])} kind="main">
            Make the first one
          </LinkButton>
        </Empty>
      ) : (
        <Table
          label="Destinations"
          items={sorted.slice(0, SHOWN)}
          keyOf={(config) => config.id}
          columns={[
            { name: "Name", show: (config) => <a href={href(["destinations", config.id])}>{config.name}</a>, isWide: true },
            { name: "Channel", show: (config) => config.channel },
            { name: "Health", show: (config) => <Status of={healthOf(config)} /> },
            { name: "Failures in a row", show: (config) => config.circuit?.failures, isNumber: true },
            { name: "Changed", show: (config) => <Time at={config.circuit?.opened_at ?? config.updated_at} /> },
          ]}
        />
      )}
    </Card>
  );
}

/** For a key of a consumer: what it would get. */
function Waiting() {
  const pages = usePages("/inbox", { query: { limit: 25 } }, { everySeconds: REFRESH_SECONDS });
  return (
    <PagedTable
      label="Inbox"
      pages={pages}
      keyOf={(event) => event.id}
      columns={[
        { name: "Type", show: (event) => event.event_type, isWide: true },
        { name: "Event", show: (event) => <code>{event.id}</code>, isWide: true },
        { name: "Severity", show: (event) => <Status of={event.severity} /> },
        { name: "Created", show: (event) => <Time at={event.created_at} /> },
      ]}
      empty={<Empty title="Nothing waits in the inbox" />}
    />
  );
}
