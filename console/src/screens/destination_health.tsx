import { useState } from "preact/hooks";
import { useData, useSession } from "../data";
import { Bars } from "../ui/chart";
import { Choice } from "../ui/fields";
import { Card, Fault, Figure, Skeleton } from "../ui/parts";

const PERIODS = [
  ["24", "24 hours"],
  ["72", "3 days"],
  ["168", "7 days"],
] as const;

/** How the receiver did, hour by hour. */
export function DestinationHealth({ configId }: { configId: string }) {
  const { client } = useSession();
  const [hours, setHours] = useState("24");
  const path = { config_id: configId };
  const stats = useData(`stats ${configId} ${hours}`, (signal) => client.get("/notifications/configs/{config_id}/stats", { path, query: { hours: Number(hours) }, signal }));
  const found = stats.data?.hours;
  const total = (of: "succeeded" | "failed" | "attempts") => found?.reduce((sum, hour) => sum + hour[of], 0).toLocaleString();
  const slowest = found?.map((hour) => hour.p95_ms ?? 0).reduce((most, each) => Math.max(most, each), 0);
  return (
    <Card title="How it went" tools={<Choice label="Period" value={hours} change={setHours} of={PERIODS} />}>
      <Fault error={stats.error} retry={stats.reload} />
      {found === undefined ? (
        stats.isLoading && <Skeleton lines={6} />
      ) : (
        <div class="stack">
          <Bars label="Deliveries by the hour" good="succeeded" bad="given up" bars={found.map((hour) => ({ name: new Date(hour.begins_at).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" }), good: hour.succeeded, bad: hour.failed }))} />
          <div class="figures">
            <Figure name="Succeeded" value={total("succeeded")} />
            <Figure name="Given up" value={total("failed")} />
            <Figure name="Attempts" value={total("attempts")} />
            <Figure name="Slowest hour, p95" value={slowest ? `${slowest.toLocaleString()} ms` : "–"} />
          </div>
        </div>
      )}
    </Card>
  );
}
