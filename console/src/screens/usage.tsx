import { useData, useSession } from "../data";
import { Choice } from "../ui/fields";
import { Bars } from "../ui/chart";
import { dayName } from "../ui/moments";
import { Card, Fault, ForPrograms, Heading, Pairs, Skeleton } from "../ui/parts";
import { useFilters } from "../ui/filters";
import type { Place } from "../router";
import { Table } from "../ui/table";

const PERIODS = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
] as const;

interface Day {
  date: string;
  events_created: number;
  payload_bytes: number;
  events_acknowledged: number;
  attempts: number;
  deliveries_succeeded: number;
  deliveries_failed: number;
}

interface Usage {
  days: readonly Day[];
  limits: Readonly<Record<string, number | null>>;
}

function useUsage(days: number) {
  const { client } = useSession();
  // For a tenant's key the answer is its own days; only an operator's is a list of tenants.
  return useData(`usage ${days}`, async (signal) => (await client.get("/usage", { query: { days }, signal })) as unknown as Usage);
}

export function UsageScreen({ place }: { place: Place }) {
  const filters = useFilters(place, ["days"]);
  const days = Number(filters.values.days || "30");
  const usage = useUsage(days);
  const found = usage.data;
  return (
    <>
      <Heading title="Usage" says="What you used, counted exactly; days begin at midnight UTC.">
        <ForPrograms path={`/usage?days=${days}`} value={found} />
      </Heading>
      <div class="filters">
        <Choice label="Period" value={String(days)} change={(value) => filters.set("days", value)} of={PERIODS} />
      </div>
      <Fault error={usage.error} retry={usage.reload} />
      {found === undefined && usage.isLoading && <Skeleton lines={8} />}
      {found !== undefined && (
        <>
          <UsageCharts days={found.days} />
          <Card title="Limits">
            <Pairs of={Object.entries(found.limits).map(([name, limit]) => [name.replaceAll("_", " "), limit === null ? "none" : limit.toLocaleString()] as const)} />
          </Card>
          <DaysTable days={found.days} />
        </>
      )}
    </>
  );
}

export function UsageCharts({ days }: { days: readonly Day[] }) {
  const names = days.map((day) => dayName(day.date));
  return (
    <div class="two">
      <Card title="Events">
        <Bars label="Events by day" names={names} series={[{ name: "created", tone: "accent", values: days.map((day) => day.events_created) }]} />
      </Card>
      <Card title="Deliveries">
        <Bars
          label="Deliveries by day"
          names={names}
          series={[
            { name: "succeeded", tone: "good", values: days.map((day) => day.deliveries_succeeded) },
            { name: "given up", tone: "bad", values: days.map((day) => day.deliveries_failed) },
          ]}
        />
      </Card>
    </div>
  );
}

export function DaysTable({ days }: { days: readonly Day[] }) {
  return (
    <Table
      label="Usage by day"
      items={[...days].reverse()}
      keyOf={(day) => day.date}
      columns={[
        { name: "Day (UTC)", show: (day) => day.date },
        { name: "Events", show: (day) => day.events_created.toLocaleString(), isNumber: true },
        { name: "Payloads", show: (day) => sizeOf(day.payload_bytes), isNumber: true },
        { name: "Acknowledged", show: (day) => day.events_acknowledged.toLocaleString(), isNumber: true },
        { name: "Attempts", show: (day) => day.attempts.toLocaleString(), isNumber: true },
        { name: "Succeeded", show: (day) => day.deliveries_succeeded.toLocaleString(), isNumber: true },
        { name: "Given up", show: (day) => day.deliveries_failed.toLocaleString(), isNumber: true },
      ]}
    />
  );
}

function sizeOf(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const step = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1000)));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step] ?? ""}`;
}
