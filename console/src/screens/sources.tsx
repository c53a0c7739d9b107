import { useData, useSession } from "../data";
import { href } from "../router";
import { secondsSince } from "../ui/moments";
import { Empty, Fault, ForPrograms, Heading, LinkButton, Skeleton, Status, Time } from "../ui/parts";
import { LongTable } from "../ui/table";

export interface SourceStanding {
  enabled: boolean;
  secrets_set: readonly string[];
  provider: string;
  arrived: number;
  last_arrived_at: string | null;
  last_refused_at: string | null;
}

const QUIET_SECONDS = 3600;

/**
 * How a source is, in a word. Anybody may post to its URL, so that one refusal says nothing; but
 * nothing arrived for an hour before it, or ever, so that the sender itself may be what is refused.
 */
export function standingOf(source: SourceStanding): string {
  if (!source.enabled) return "paused";
  const { last_arrived_at: arrived, last_refused_at: refused } = source;
  if (refused != null && (arrived == null || secondsSince(arrived, Date.parse(refused)) > QUIET_SECONDS)) return "last was refused";
  return arrived == null ? "new" : "healthy";
}

export function SourcesScreen() {
  const { client } = useSession();
  const sources = useData("sources", (signal) => client.get("/sources", { signal }));
  const found = sources.data;
  return (
    <>
      <Heading title="Sources" says="Senders that know nothing of us, such as Stripe or GitHub: each posts to a URL of its own.">
        <ForPrograms path="/sources" value={found} />
        <LinkButton to={href(["sources", "new"])} kind="main">
          New source
        </LinkButton>
      </Heading>
      <Fault error={sources.error} retry={sources.reload} />
      {found === undefined && sources.isLoading && (
        <div class="card">
          <Skeleton lines={5} />
        </div>
      )}
      {found?.length === 0 && (
        <div class="card">
          <Empty title="No sender has a URL here yet">
            <p>Make a source, give its URL to the sender, and what it posts becomes events: verified by the sender’s own signature, the same request twice one event.</p>
            <LinkButton to={href(["sources", "new"])} kind="main">
              Make the first one
            </LinkButton>
          </Empty>
        </div>
      )}
      {found !== undefined && found.length > 0 && (
        <LongTable
          label="Sources"
          items={found}
          keyOf={(source) => source.id}
          columns={[
            { name: "Name", show: (source) => <a href={href(["sources", source.id])}>{source.name}</a>, isWide: true },
            { name: "Sender", show: (source) => source.provider },
            { name: "State", show: (source) => <Status of={standingOf(source)} /> },
            { name: "Arrived", show: (source) => source.arrived.toLocaleString(), isNumber: true },
            { name: "Refused", show: (source) => source.refused.toLocaleString(), isNumber: true },
            { name: "Last arrived", show: (source) => <Time at={source.last_arrived_at} missing="never" /> },
          ]}
        />
      )}
    </>
  );
}
