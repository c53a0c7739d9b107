import { useState } from "preact/hooks";
import { textOf } from "triggers-client";
import { useAction, useData, useSession } from "../data";
import { go, href } from "../router";
import { EventStory } from "./story";
import { indented, memberText } from "../ui/indented";
import { Button, Card, Code, Destroy, Fault, ForPrograms, Heading, Pairs, Skeleton, Status, Time } from "../ui/parts";

export function EventScreen({ eventId }: { eventId: string }) {
  const { client, can } = useSession();
  const [asked, setAsked] = useState(0); // how often: each time there may be more to tell
  const given = { path: { event_id: eventId } };
  const event = useData(eventId, (signal) => client.get("/events/{event_id}", { ...given, signal }));
  const acknowledging = useAction(async () => {
    await client.post("/events/{event_id}/acknowledge", given);
    event.reload();
    setAsked(asked + 1);
  });
  const replaying = useAction(async () => {
    await client.post("/events/{event_id}/replay", given);
    event.reload();
    setAsked(asked + 1);
  });
  const erasing = useAction(async () => {
    await client.delete("/events/{event_id}", given);
    go(href(["events"]));
  });
  const found = event.data;
  return (
    <>
      <Heading title={found?.event_type ?? "Event"} says={<code>{eventId}</code>}>
        <ForPrograms path={`/events/${eventId}`} value={found} />
        {can("inbox") && (
          <Button disabled={found === undefined || found.status === "delivered" || acknowledging.isRunning} onClick={() => void acknowledging.run()}>
            Acknowledge
          </Button>
        )}
        {can("events:write") && (
          <Button disabled={found === undefined || replaying.isRunning} onClick={() => void replaying.run()}>
            Replay
          </Button>
        )}
        {can("events:erase") && (
          <Destroy name="Erase" says="Its payload and metadata go for good, wherever they are kept; a tombstone stays." act={erasing} />
        )}
      </Heading>
      <Fault error={event.error ?? acknowledging.error ?? replaying.error} />
      {found === undefined ? (
        event.isLoading && <Skeleton />
      ) : (
        <>
          <div class="two">
            <Card title="Payload">
              <Code label="Payload" text={payloadText(found)} />
            </Card>
            <div class="stack">
              <Card title="Facts">
                <Pairs
                  of={[
                    ["Status", <Status of={found.status} />],
                    ["Severity", <Status of={found.severity} />],
                    ["Created", <Time at={found.created_at} />],
                    ["Delivered", <Time at={found.delivered_at} />],
                    ["Execution", found.execution_id == null ? "–" : <a href={href(["executions", found.execution_id])}>{found.execution_id}</a>],
                    ["Failed attempts", found.delivery_attempts],
                  ]}
                />
              </Card>
              <Card title="Metadata">
                {Object.keys(found.metadata ?? {}).length === 0 ? "None." : <Pairs of={Object.entries(found.metadata).map(([name, value]) => [name, String(value)] as const)} />}
              </Card>
            </div>
          </div>
          <EventStory eventId={eventId} asked={asked} />
        </>
      )}
    </>
  );
}

/** Number for number as it was posted. */
function payloadText(event: { payload?: unknown }): string {
  return indented(memberText(textOf(event) ?? "", "payload") ?? JSON.stringify(event.payload));
}
