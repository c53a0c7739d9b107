import { useEffect, useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, useData, useSession } from "../data";
import { href } from "../router";
import { Button, Card, Empty, Fault, ForPrograms, Heading, Pairs, Skeleton, Status, Time } from "../ui/parts";

type Delivery = components["schemas"]["DeliveryOut"];

const WATCHED_SECONDS = 3;

/** What a replay answered holds until the history knows of it. */
function newer(found: Delivery | null | undefined, replayed: Delivery | null): Delivery | null | undefined {
  if (!found || replayed === null) return found;
  return found.attempts.length > replayed.attempts.length || found.status === "retrying" ? found : replayed;
}

/** The event's id is a part of the delivery's: `dlv_{event}_{config}_{round}`. */
function eventOf(deliveryId: string): string {
  return `evt_${deliveryId.split("_")[1] ?? ""}`;
}

export function DeliveryScreen({ deliveryId }: { deliveryId: string }) {
  const { client } = useSession();
  const query = { event_id: eventOf(deliveryId), limit: 100 };
  const [replayed, setReplayed] = useState<Delivery | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);
  const ask = async (signal: AbortSignal) => {
    for await (const each of client.walk("/notifications/history", { query, signal })) {
      if (each.id === deliveryId) return each;
    }
    return null;
  };
  const found = useData(deliveryId, ask, { everySeconds: isUnderWay ? WATCHED_SECONDS : null });
  const configId = found.data?.config_id;
  const config = useData(`destination ${configId ?? ""}`, async (signal) => (configId === undefined ? null : client.get("/notifications/configs/{config_id}", { path: { config_id: configId }, signal })));
  const replaying = useAction(async () => setReplayed(await client.post("/notifications/history/{delivery_id}/replay", { path: { delivery_id: deliveryId } })));
  const delivery = newer(found.data, replayed);
  useEffect(() => setIsUnderWay(delivery?.status === "retrying"), [delivery?.status]);
  return (
    <>
      <Heading title={delivery?.event_type || "Delivery"} says={<code>{deliveryId}</code>}>
        <ForPrograms path={`/notifications/history?event_id=${query.event_id}`} value={delivery} />
        <Button kind="main" disabled={!delivery || delivery.status === "retrying" || replaying.isRunning} onClick={() => void replaying.run()}>
          Replay
        </Button>
      </Heading>
      <Fault error={found.error ?? replaying.error} />
      {config.data?.enabled === false && (
        <p class="note" data-tone="warn">
          <span>
            <a href={href(["destinations", config.data.id])}>{config.data.name}</a> gets nothing at present. Resume it, then replay this here.
          </span>
        </p>
      )}
      {delivery === undefined && found.isLoading && <Skeleton />}
      {delivery === null && <Empty title="There is no such delivery" />}
      {delivery && (
        <div class="two">
          <Card title="Attempts">
            {delivery.attempts.length === 0 && <p>None was made.</p>}
            <ol class="timeline">
              {delivery.attempts.map((attempt) => (
                <li key={attempt.at} data-tone={attempt.error == null ? "good" : "bad"}>
                  <strong>{attempt.error ?? `Accepted with ${attempt.status_code ?? "no status"}`}</strong>
                  <br />
                  <small>
                    <Time at={attempt.at} /> · {attempt.duration_ms} ms
                    {attempt.status_code != null && ` · status ${attempt.status_code}`}
                  </small>
                  {attempt.answer != null && <pre class="answer">{attempt.answer}</pre>}
                </li>
              ))}
            </ol>
          </Card>
          <Card title="Facts">
            <Pairs
              of={[
                ["Status", <Status of={delivery.status} />],
                ["Reason", delivery.reason ?? "–"],
                ["Next attempt", <Time at={delivery.next_attempt_at} />],
                ["Event", <a href={href(["events", delivery.event_id])}>{delivery.event_id}</a>],
                ["Destination", <a href={href(["destinations", delivery.config_id])}>{config.data?.name ?? delivery.config_id}</a>],
                ["Round", delivery.round],
                ["First attempt", <Time at={delivery.created_at} />],
              ]}
            />
          </Card>
        </div>
      )}
    </>
  );
}
