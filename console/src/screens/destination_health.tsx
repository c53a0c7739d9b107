import { useState } from "preact/hooks";
import { useData, useSession } from "../data";
import { Bars, Lines } from "../ui/chart";
import { Choice } from "../ui/fields";
import { hourName } from "../ui/moments";
import { Card, Fault, Figure, Skeleton } from "../ui/parts";
import { percent } from "./overview";

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
  const total = (of: "succeeded" | "failed" | "attempts") => found?.reduce((sum, hour) => sum + hour[of], 0) ?? 0;
  const ended = total("succeeded") + total("failed");
  const slowest = Math.max(0, ...(found?.map((hour) => hour.p95_ms ?? 0) ?? []));
  const names = found?.map((hour) => hourName(hour.begins_at)) ?? [];
  return (
    <>
      <Fault error={stats.error} retry={stats.reload} />
      <div class="figures">
        <Figure name="Succeeded" value={found && (ended === 0 ? "–" : percent(total("succeeded"), ended))} says={found && `${total("succeeded").toLocaleString()} deliveries`} />
        <Figure name="Given up" value={found && total("failed").toLocaleString()} says={found && "deliveries"} />
        <Figure name="Attempts" value={found && total("attempts").toLocaleString()} says={found && "with every retry"} />
        <Figure name="Slowest hour" value={found && (slowest === 0 ? "–" : `${slowest.toLocaleString()} ms`)} says={found && "95 % were faster"} />
      </div>
      <div class="two">
        <Card title="Deliveries" tools={<Choice label="Period" value={hours} change={setHours} of={PERIODS} />}>
          {found === undefined ? (
            stats.isLoading && <Skeleton lines={7} />
          ) : (
            <Bars
              label="Deliveries by the hour"
              names={names}
              series={[
                { name: "succeeded", tone: "good", values: found.map((hour) => hour.succeeded) },
                { name: "given up", tone: "bad", values: found.map((hour) => hour.failed) },
              ]}
            />
          )}
        </Card>
        <Card title="Time to answer">
          {found === undefined ? (
            stats.isLoading && <Skeleton lines={7} />
          ) : (
            <Lines
              label="Milliseconds to answer, by the hour"
              unit=" ms"
              names={names}
              series={[
                { name: "half of them", tone: "accent", values: found.map((hour) => hour.p50_ms) },
                { name: "95 %", tone: "warn", values: found.map((hour) => hour.p95_ms) },
              ]}
            />
          )}
        </Card>
      </div>
    </>
  );
}
