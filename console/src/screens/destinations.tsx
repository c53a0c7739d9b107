import type { Client, components } from "triggers-client";
import { useData, useSession } from "../data";
import { go, href, type Place } from "../router";
import { Choice, TextField } from "../ui/fields";
import { useFilters } from "../ui/filters";
import { Button, Empty, Fault, ForPrograms, Heading, LinkButton, Skeleton, Status, Time } from "../ui/parts";
import { LongTable } from "../ui/table";

type Config = components["schemas"]["ConfigOut"];

/** All of them: very many come on pages. */
export async function everyConfig(client: Client, signal: AbortSignal): Promise<readonly Config[]> {
  const found: Config[] = [];
  for await (const config of client.walk("/notifications/configs", { signal })) found.push(config);
  return found;
}

export interface Standing {
  enabled: boolean;
  disabled_reason?: string | null;
  circuit?: { state?: string; held_until?: string | null };
}

/** How a destination is, in a word. */
export function healthOf(config: Standing): string {
  if (!config.enabled) return config.disabled_reason == null ? "paused" : "disabled";
  const { state, held_until: until } = config.circuit ?? {};
  if (state === "closed") return until == null ? "healthy" : "waiting";
  return state ?? "unknown";
}

const HEALTHS = [
  ["", "All"],
  ["ailing", "Not healthy"],
  ["healthy", "Healthy"],
] as const;

const A_FEW = 10; // found without a filter

export function DestinationsScreen({ place }: { place: Place }) {
  const { client } = useSession();
  const filters = useFilters(place, ["name", "health"]);
  const configs = useData("configs", (signal) => everyConfig(client, signal));
  const found = configs.data;
  const { name, health } = filters.values;
  const fitting = found?.filter(
    (config) => config.name.toLowerCase().includes(name.toLowerCase()) && (health === "" || (healthOf(config) === "healthy") === (health === "healthy")),
  );
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
      {found !== undefined && (found.length > A_FEW || filters.areSet) && (
        <div class="filters">
          <TextField label="Name" type="search" value={name} change={(value) => filters.set("name", value)} />
          <Choice label="Health" value={health} change={(value) => filters.set("health", value)} of={HEALTHS} />
        </div>
      )}
      {found !== undefined && found.length > 0 && fitting?.length === 0 && (
        <div class="card">
          <Empty title="No destination fits these filters">
            <Button onClick={() => go(href(["destinations"]))}>Clear the filters</Button>
          </Empty>
        </div>
      )}
      {fitting !== undefined && fitting.length > 0 && (
        <LongTable
          label="Destinations"
          items={fitting}
          keyOf={(config) => config.id}
          columns={[
            { name: "Name", show: (config) => <a href={href(["destinations", config.id])}>{config.name}</a>, isWide: true },
            { name: "Channel", show: (config) => config.channel },
            { name: "Health", show: (config) => <Status of={healthOf(config)} /> },
            { name: "Types", show: (config) => config.filters?.event_types?.join(", ") ?? "all", isWide: true },
            { name: "Changed", show: (config) => <Time at={config.updated_at} /> },
          ]}
        />
      )}
    </>
  );
}
