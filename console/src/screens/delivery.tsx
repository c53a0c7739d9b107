import { useAction, useData, useSession } from "../data";
import { href } from "../router";
import { Button, Card, Empty, Fault, ForPrograms, Heading, Pairs, Skeleton, Status, Time } from "../ui/parts";

/** The event's id is a part of the delivery's: `dlv_{event}_{config}_{round}`. */
function eventOf(deliveryId: string): string {
  return `evt_${deliveryId.split("_")[1] ?? ""}`;
}

export function DeliveryScreen({ deliveryId }: { deliveryId: string }) {
  const { client } = useSession();
  const query = { event_id: eventOf(deliveryId), limit: 100 };
  const found = useData(deliveryId, async (signal) => {
    for await (const each of client.walk("/notifications/history", { query, signal })) {
      if (each.id === deliveryId) return each;
    }
    return null;
  });
  const replaying = useAction(async () => {
    await client.post("/notifications/history/{delivery_id}/replay", { path: { delivery_id: deliveryId } });
    found.reload();
  });
  const delivery = found.data;
  return (
    <>
      <Heading title={delivery?.event_type || "Delivery"} says={<code>{deliveryId}</code>}>
        <ForPrograms path={`/notifications/history?event_id=${query.event_id}`} value={delivery} />
        <Button kind="main" disabled={!delivery || delivery.status === "retrying" || replaying.isRunning} onClick={() => void replaying.run()}>
          Replay
        </Button>
      </Heading>
      <Fault error={found.error ?? replaying.error} />
      {delivery === undefined && found.isLoading && <Skeleton />}
      {delivery === null && <Empty title="There is no such delivery" />}
      {delivery && (
        <div class="two">
          <Card title="Attempts">
            {delivery.attempts.length === 0 && <p>None was made.</p>}
            <ol class="timeline">
              {delivery.attempts.map((attempt) => (
                <li key={attempt.at} data-tone={attempt.error === null ? "good" : "bad"}>
                  <strong>{attempt.error ?? `Accepted with ${attempt.status_code ?? "no status"}`}</strong>
                  <br />
                  <small>
                    <Time at={attempt.at} /> · {attempt.duration_ms} ms
                    {attempt.status_code !== null && ` · status ${attempt.status_code}`}
                  </small>
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
                ["Destination", <a href={href(["destinations", delivery.config_id])}>{delivery.config_id}</a>],
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
