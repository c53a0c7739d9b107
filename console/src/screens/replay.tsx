import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useAction, useSession } from "../data";
import { DestinationChoice } from "../ui/destination_choice";
import { TextField } from "../ui/fields";
import { asked } from "../ui/filters";
import { Button, Dialog, Fault } from "../ui/parts";

interface Counted {
  matched: number;
  replayed: number;
  skipped: number;
}

/** The list's filters that a replay can have too. */
interface Listed {
  config_id: string;
  since: string;
  until: string;
}

type Part = Counted & { next_cursor: string | null };

/** One call of many: a replay takes a part at a time. */
interface Call {
  since?: string;
  until?: string;
  cursor?: string;
  dry_run: boolean;
}

/** What the list behind the dialog is filtered by, until something else is chosen in the dialog. */
export function useChoice(listed: string) {
  const [chosen, choose] = useState<string | null>(null);
  return { value: chosen ?? listed, choose, forget: () => choose(null) };
}

/** Pushes again what was given up, of one destination or of all: at first, of those in the list. */
export function ReplayDeadLetters(props: { listed: Listed; configs: readonly (readonly [string, string])[]; done: () => void }) {
  const { client } = useSession();
  const config = useChoice(props.listed.config_id);
  return (
    <ReplayMany
      name="Replay dead letters"
      says="What was given up is pushed again, with its whole retry schedule ahead."
      since="First attempted since"
      what={(count) => (count === 1 ? "1 dead letter matches." : `${count.toLocaleString()} dead letters match.`)}
      listed={props.listed}
      opens={config.forget}
      about={config.value}
      call={(body) => client.post("/notifications/dead-letters/replay", { body: { ...body, ...asked({ config_id: config.value }) } })}
      done={props.done}
    >
      <DestinationChoice value={config.value} change={config.choose} of={props.configs} />
    </ReplayMany>
  );
}

/** Pushes to one destination what it wants and never got. */
export function ReplayMissed(props: { configId: string; done: () => void }) {
  const { client } = useSession();
  return (
    <ReplayMany
      name="Replay what it missed"
      says="What came while it was paused, and what was given up or dropped, is pushed to this destination alone."
      since="Created since"
      what={(count) => (count === 1 ? "It missed 1 event." : `It missed ${count.toLocaleString()} events.`)}
      about={props.configId}
      call={(body) => client.post("/notifications/configs/{config_id}/replay", { path: { config_id: props.configId }, body })}
      done={props.done}
    />
  );
}

/** A replay of many: counted first, and only then pushed. */
function ReplayMany(props: {
  name: string;
  says: string;
  since: string;
  what: (count: number) => string;
  listed?: Pick<Listed, "since" | "until">;
  opens?: () => void;
  /** What else the question is about: a count holds for one question alone. */
  about: string;
  call: (body: Call) => Promise<Part>;
  done: () => void;
  children?: ComponentChildren;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const since = useChoice(props.listed?.since ?? "");
  const until = useChoice(props.listed?.until ?? "");
  const [told, setTold] = useState<(Counted & { isDone: boolean; question: string }) | null>(null);
  const question = JSON.stringify([props.about, since.value, until.value]);
  const found = told?.question === question ? told : null;
  const replaying = useAction(async (isDone: boolean) => {
    const total: Counted = { matched: 0, replayed: 0, skipped: 0 };
    let cursor: string | null = null;
    do {
      const part: Part = await props.call({ ...asked({ since: since.value, until: until.value, cursor: cursor ?? "" }), dry_run: !isDone });
      total.matched += part.matched;
      total.replayed += part.replayed;
      total.skipped += part.skipped;
      cursor = part.next_cursor;
      setTold({ ...total, isDone, question });
    } while (cursor !== null);
    if (isDone) props.done();
  });
  const open = () => {
    for (const each of [since, until]) each.forget();
    props.opens?.();
    setTold(null);
    replaying.clear();
    setIsOpen(true);
  };
  const count = found === null || found.isDone ? 0 : found.matched - found.skipped;
  return (
    <>
      <Button onClick={open}>{props.name}</Button>
      {isOpen && (
        <Dialog title={props.name} close={() => setIsOpen(false)}>
          <p>{props.says} Count it first: nothing is pushed by that.</p>
          {props.children}
          <TextField label={props.since} type="datetime-local" value={since.value} change={since.choose} hint="From the beginning, if left empty." />
          <TextField label="And before" type="datetime-local" value={until.value} change={until.choose} hint="Until now, if left empty." />
          <Fault error={replaying.error} />
          <p class="note" role="status" hidden={found === null}>
            {found !== null && (found.isDone ? pushed(found) : `${props.what(found.matched)}${skipped(found.skipped)}`)}
          </p>
          <div class="row">
            <Button disabled={replaying.isRunning} onClick={() => void replaying.run(false)}>
              Count
            </Button>
            <Button kind="main" disabled={replaying.isRunning || count === 0} onClick={() => void replaying.run(true)}>
              {count === 0 ? "Replay" : `Replay ${count.toLocaleString()}`}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function pushed(found: Counted): string {
  return `${found.replayed.toLocaleString()} ${found.replayed === 1 ? "is" : "are"} pushed again.${skipped(found.skipped)}`;
}

function skipped(count: number): string {
  return count === 0 ? "" : ` ${count.toLocaleString()} cannot be pushed: the destination is paused or gone, or they were tried 100 times.`;
}
