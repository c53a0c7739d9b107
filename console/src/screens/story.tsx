import { useEffect, useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useData, useSession } from "../data";
import { href } from "../router";
import { Card, Empty, Fault, Skeleton, Status, Time, type Tone } from "../ui/parts";

type Happening = components["schemas"]["HappeningOut"];
type Fate = components["schemas"]["FateOut"];

const WATCHED_SECONDS = 5;

/** What became of an event: in time, and for each destination. */
export function EventStory({ eventId, asked }: { eventId: string; asked: number }) {
  const { client } = useSession();
  const [isUnderWay, setIsUnderWay] = useState(false);
  const ask = (signal: AbortSignal) => client.get("/events/{event_id}/story", { path: { event_id: eventId }, signal });
  const story = useData(`story ${eventId} ${asked}`, ask, { everySeconds: isUnderWay ? WATCHED_SECONDS : null });
  const found = story.data;
  useEffect(() => {
    if (found !== undefined) setIsUnderWay(found.outcomes.retrying + found.outcomes.waiting > 0 || found.configs.some((fate) => fate.reason === "not_dispatched_yet"));
  }, [found]);
  if (story.error !== undefined) return <Fault error={story.error} retry={story.reload} />;
  if (found === undefined) {
    return (
      <Card title="Story">
        <Skeleton lines={6} />
      </Card>
    );
  }
  return (
    <div class="two">
      <Card title="What happened">
        <ol class="timeline">
          {found.happenings.map((happening, index) => (
            <Happened key={index} of={happening} />
          ))}
        </ol>
        {found.not_known.map((sentence) => (
          <p key={sentence}>
            <small>{sentence}</small>
          </p>
        ))}
      </Card>
      <Card title="What became of it at each destination">
        {found.configs.length === 0 && <Empty title="There is no destination" />}
        <ul class="stack">
          {found.configs.map((fate) => (
            <Became key={fate.config_id} of={fate} />
          ))}
        </ul>
      </Card>
    </div>
  );
}

function Happened({ of: happening }: { of: Happening }) {
  const tone: Tone = happening.what !== "attempted" ? "plain" : happening.error == null ? "good" : "bad";
  return (
    <li data-tone={tone}>
      <strong>{String(happening.what).replaceAll("_", " ")}</strong>
      {happening.error != null && <>: {happening.error}</>}
      <br />
      <small>
        {happening.at == null ? (
          <>
            no later than <Time at={happening.before} />
          </>
        ) : (
          <Time at={happening.at} />
        )}
        {happening.until != null && (
          <>
            {" "}
            until <Time at={happening.until} />
          </>
        )}
        {happening.status_code != null && ` · status ${happening.status_code}`}
        {happening.delivery_id != null && (
          <>
            {" "}
            · <a href={href(["deliveries", happening.delivery_id])}>delivery</a>
          </>
        )}
      </small>
      {happening.answer != null && <pre class="answer">{happening.answer}</pre>}
    </li>
  );
}

function Became({ of: fate }: { of: Fate }) {
  return (
    <li>
      <div class="row">
        <Status of={fate.outcome} />
        {fate.name == null ? <code>{fate.config_id}</code> : <a href={href(["destinations", fate.config_id])}>{fate.name}</a>}
        {fate.delivery_id != null && <a href={href(["deliveries", fate.delivery_id])}>its delivery</a>}
      </div>
      <p>{fate.because}</p>
      {fate.next_step != null && (
        <p>
          <strong>{fate.next_step}</strong>
        </p>
      )}
    </li>
  );
}
