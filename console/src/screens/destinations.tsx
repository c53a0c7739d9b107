import { useData, useSession } from "../data";
import { href } from "../router";
import { Empty, Fault, ForPrograms, Heading, LinkButton, Skeleton, Status, Time } from "../ui/parts";
import { Table } from "../ui/table";

export interface Standing {
  enabled: boolean;
  disabled_reason: string | null;
  circuit: { state: string; held_until: string | null };
}

/** How a destination is, in a word. */
export function healthOf(config: Standing): string {
  if (!config.enabled) return config.disabled_reason === null ? "paused" : "disabled";
  if (config.circuit.state === "closed") return config.circuit.held_until === null ? "healthy" : "waiting";
  return config.circuit.state;
}

export function DestinationsScreen() {
  const { client } = useSession();
  const configs = useData("configs", (signal) => client.get("/notifications/configs", { signal }));
  const found = configs.data;
  return (
    <>
      <Heading title="Destinations" says="Where events are pushed to, and how their receivers are.">
        <ForPrograms path="/notifications/configs" value={found} />
        <LinkButton to={href(["destinations", "new"])} kind="main">
          New destination
        </LinkButton>
      </Heading>
      <Fault error={configs.error} retry={configs.reload} />
      {found === undefined && configs.isLoading && (
        <div class="card">
          <Skeleton lines={5} />
        </div>
      )}
      {found?.length === 0 && (
        <div class="card">
          <Empty title="Nothing is pushed anywhere yet">
            <p>A destination is a webhook, a Slack channel, a chat or an address that gets your events as they come.</p>
            <LinkButton to={href(["destinations", "new"])} kind="main">
              Make the first one
            </LinkButton>
          </Empty>
        </div>
      )}
      {found !== undefined && found.length > 0 && (
        <Table
          label="Destinations"
          items={found}
          keyOf={(config) => config.id}
          columns={[
            { name: "Name", show: (config) => <a href={href(["destinations", config.id])}>{config.name}</a>, isWide: true },
            { name: "Channel", show: (config) => config.channel },
            { name: "Health", show: (config) => <Status of={healthOf(config)} /> },
            { name: "Types", show: (config) => config.filters.event_types?.join(", ") ?? "all", isWide: true },
            { name: "Changed", show: (config) => <Time at={config.updated_at} /> },
          ]}
        />
      )}
    </>
  );
}
