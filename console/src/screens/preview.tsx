import { useState } from "preact/hooks";
import type { components } from "triggers-client";
import { useAction, useSession } from "../data";
import { TextArea } from "../ui/fields";
import { indented } from "../ui/indented";
import { Button, Card, Code, Fault } from "../ui/parts";
import { isEmpty } from "../ui/patch";

type Told = components["schemas"]["PreviewOut"];

/** The request for a reader: its body is shown as it is sent, not as a text within JSON. */
function inFull({ body, ...request }: { body: string }): string {
  return `${JSON.stringify(request, null, 2)}\n\n${indented(body)}`;
}

const EXAMPLE = JSON.stringify({ event_type: "invoice.failed", severity: "error", payload: { order_id: "A-1", total: 150 } }, null, 2);

type Values = Readonly<Record<string, unknown>>;
/** A destination that is kept, with or without a change, or one as it stands in the form. */
type Previewed = { config_id: string; config?: Values } | { config: Values };

/** Of a kept one its changes alone: only the API knows the secrets that stay with it. */
export function previewedOf(config: { id: string } | null, whole: Values, changes: Values): Previewed {
  if (config === null) return { config: whole };
  return isEmpty(changes) ? { config_id: config.id } : { config_id: config.id, config: changes };
}

/** The event goes as it was typed: JavaScript would round some of its numbers. */
export function previewBody(of: Previewed, event: string): string {
  if (/^\s*evt_\w+\s*$/.test(event)) return JSON.stringify({ ...of, event_id: event.trim() });
  JSON.parse(event); // says what is wrong with it
  return `${JSON.stringify(of).slice(0, -1)},"event":${event}}`;
}

/** What the destination would be sent of an event; nothing is sent. */
export function Preview({ of }: { of: Previewed }) {
  const { client } = useSession();
  const [event, setEvent] = useState(EXAMPLE);
  const [told, setTold] = useState<Told | null>(null);
  const asking = useAction(async () => {
    setTold(null);
    const asked = { method: "post", path: "/notifications/preview", body: previewBody(of, event), repeatable: true };
    setTold(JSON.parse((await client.transport.send(asked)).text) as Told);
  });
  return (
    <Card title="Preview" tools={<Button size="small" disabled={asking.isRunning} onClick={() => void asking.run()}>Show what would be sent</Button>}>
      <div class="stack">
        <TextArea label="Event" rows={6} value={event} change={setEvent} hint="As it is posted, in JSON; or the id of one that came. Nothing is sent." />
        <Fault error={asking.error} />
        {told !== null && (
          <div class="note" data-tone={told.matches && told.reason === null ? "good" : "warn"} role="status">
            <strong>{told.matches ? "The destination wants this event." : `It is left out by: ${told.filters.join(", ")}.`}</strong>
            {told.reason !== null && <span>{told.reason}</span>}
          </div>
        )}
        {told?.request && <Code label="What would be sent" text={inFull(told.request)} />}
      </div>
    </Card>
  );
}
