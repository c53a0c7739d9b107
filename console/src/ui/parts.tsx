import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError, type Detail, textOf } from "triggers-client";
import { curlOf } from "../curl";
import type { Action } from "../data";
import { indented } from "./indented";

export type Tone = "good" | "warn" | "bad" | "accent" | "plain";

export function Heading(props: { title: string; says?: ComponentChildren; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${props.title} · Triggers`;
  }, [props.title]);
  return (
    <div class="heading">
      <div>
        <h1 id="title" tabIndex={-1}>
          {props.title}
        </h1>
        {props.says !== undefined && <p>{props.says}</p>}
      </div>
      {props.children}
    </div>
  );
}

export function Card(props: { title?: string; tools?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card" aria-label={props.title}>
      {props.title !== undefined && (
        <header>
          <h2>{props.title}</h2>
          {props.tools}
        </header>
      )}
      {props.children}
    </section>
  );
}

type ButtonProps = Omit<JSX.HTMLAttributes<HTMLButtonElement>, "size"> & {
  kind?: "main" | "danger" | "quiet";
  size?: "small";
  type?: "button" | "submit";
  disabled?: boolean;
};

/** One that is disabled keeps the focus, which a browser takes from what is really disabled. */
export function Button({ kind, size, type = "button", disabled = false, onClick, ...rest }: ButtonProps) {
  const press = (event: JSX.TargetedMouseEvent<HTMLButtonElement>) => {
    if (disabled) event.preventDefault();
    else onClick?.(event);
  };
  return <button class="button" type={type} data-kind={kind} data-size={size} aria-disabled={disabled || undefined} onClick={press} {...rest} />;
}

export function LinkButton(props: { to: string; kind?: "main" | "quiet"; children: ComponentChildren }) {
  return (
    <a class="button" href={props.to} data-kind={props.kind}>
      {props.children}
    </a>
  );
}

export function Badge(props: { tone?: Tone; children: ComponentChildren }) {
  return (
    <span class="badge" data-tone={props.tone}>
      {props.children}
    </span>
  );
}

const TONES: ReadonlyMap<unknown, Tone> = new Map(Object.entries<Tone>({
  ...{ delivered: "good", succeeded: "good", completed: "good", healthy: "good", live: "good", alive: "good", active: "good", closed: "good", ok: "good" },
  ...{ retrying: "warn", warning: "warn", waiting: "warn", half_open: "warn", "last was refused": "warn", degraded: "warn", suspended: "warn", completed_with_errors: "warn" },
  ...{ failed: "bad", dead: "bad", expired: "bad", error: "bad", critical: "bad", open: "bad", unhealthy: "bad", alarm: "bad", revoked: "bad", deleting: "bad", disabled: "bad" },
  ...{ running: "accent", pending: "accent" },
}));

/** A word of the API's, such as a status, in the tone that it has everywhere; plain if it is not known. */
export function Status(props: { of: unknown }) {
  return <Badge tone={TONES.get(props.of) ?? "plain"}>{String(props.of ?? "–").replaceAll("_", " ")}</Badge>;
}

/** A moment in the reader's own zone; in UTC when pointed at. */
export function Time(props: { at: string | null | undefined; missing?: string }) {
  if (!props.at) return <>{props.missing ?? "–"}</>;
  const at = new Date(props.at);
  if (Number.isNaN(at.getTime())) return <>{props.at}</>;
  return (
    <time dateTime={props.at} title={`${props.at.replace("T", " ").replace("Z", "")} UTC`}>
      {at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })}
    </time>
  );
}

/** An error of the API as it can be acted on, with what support needs to find it. */
export function Fault(props: { error: unknown; retry?: (() => void) | undefined }) {
  if (props.error === undefined || props.error === null) return null;
  const error = props.error instanceof Error ? props.error : new Error(String(props.error));
  return (
    <div class="note" data-tone="bad" role="alert">
      <strong>{error.message}</strong>
      {error instanceof ApiError && (
        <>
          <Details of={error.details} />
          <small>
            {error.status}
            {error.code !== null && ` · ${error.code}`}
            {error.requestId !== null && ` · request ${error.requestId}`}
          </small>
        </>
      )}
      {props.retry !== undefined && (
        <div>
          <Button size="small" onClick={props.retry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

/** The fields at fault; what is told in another shape than that, as it is. */
export function Details(props: { of: readonly unknown[] }) {
  return (
    <>
      {props.of.map((detail, index) => {
        const { field, message } = (detail ?? {}) as Partial<Detail>;
        if (field === undefined || message === undefined) return <span key={index}>{typeof detail === "string" ? detail : JSON.stringify(detail)}</span>;
        return (
          <span key={index}>
            <code>{field}</code>: {message}
          </span>
        );
      })}
    </>
  );
}

export function Empty(props: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

export function Skeleton(props: { lines?: number }) {
  return (
    <div class="stack" aria-busy="true">
      <span class="hidden-but-read">Loading</span>
      {Array.from({ length: props.lines ?? 4 }, (_, line) => (
        <span class="skeleton" key={line} />
      ))}
    </div>
  );
}

export function Figure(props: { name: string; value: ComponentChildren; says?: ComponentChildren }) {
  return (
    <div class="card figure">
      <dl>
        <dt>{props.name}</dt>
        <dd>{props.value ?? <span class="skeleton" />}</dd>
      </dl>
      <small>{props.says}</small>
    </div>
  );
}

export function Pairs(props: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="pairs">
      {props.of.map(([name, value]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  );
}

const TOLD_MS = { copied: 1500, selected: 10_000 };

/** Copies a text, or selects it where it stands: a browser lets no page copy over http, nor one in a frame unless it is allowed to. */
export function useCopy(text: string) {
  const [word, setWord] = useState<string | null>(null);
  const tell = (said: string, milliseconds: number) => {
    setWord(said);
    setTimeout(() => setWord(null), milliseconds);
  };
  const copy = async (shown: Element | null | undefined) => {
    try {
      await navigator.clipboard.writeText(text);
      tell("Copied", TOLD_MS.copied);
    } catch {
      if (shown) getSelection()?.selectAllChildren(shown);
      tell(/Mac|iP/.test(navigator.platform) ? "Press ⌘C" : "Press Ctrl+C", TOLD_MS.selected);
    }
  };
  return { word, copy };
}

/** A button beside the text that it copies. */
export function Copy(props: { text: string; children?: ComponentChildren }) {
  const { word, copy } = useCopy(props.text);
  return (
    <Button size="small" onClick={(event) => void copy(event.currentTarget.parentElement?.querySelector("pre, code"))} aria-live="polite">
      {word ?? props.children ?? "Copy"}
    </Button>
  );
}

/** A text as it is, whatever is in it. */
export function Code(props: { text: string; label: string }) {
  return (
    <div class="code">
      <Copy text={props.text} />
      <pre tabIndex={0} role="group" aria-label={props.label}>
        {props.text}
      </pre>
    </div>
  );
}

/** A secret that is shown this once, so the eye and the focus are led to it. */
export function Secret(props: { text: string; says: ComponentChildren }) {
  const note = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => note.current?.focus(), [props.text]);
  return (
    <div ref={note} class="note" data-tone="good" role="group" aria-label="A secret" tabIndex={-1}>
      <span>{props.says}</span>
      <div class="secret">
        <code>{props.text}</code>
        <Copy text={props.text} />
      </div>
    </div>
  );
}

/** The same object for programs: its JSON, and the call that gets it. */
export function ForPrograms(props: { method?: string; path: string; body?: unknown; value?: unknown }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button kind="quiet" onClick={() => setIsOpen(true)}>
        JSON &amp; curl
      </Button>
      {isOpen && (
        <Dialog title="For programs" close={() => setIsOpen(false)}>
          <Code label="The call as curl" text={curlOf(props.method ?? "GET", props.path, props.body)} />
          {props.value !== undefined && <Code label="The answer as JSON" text={indented(textOf(props.value) ?? JSON.stringify(props.value))} />}
        </Dialog>
      )}
    </>
  );
}

/** A window over the page. Whatever closes it, the focus returns to where it came from. */
export function Dialog(props: { title: string; close: () => void; closeName?: string; tools?: ComponentChildren; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useLayoutEffect(() => {
    const from = document.activeElement;
    dialog.current?.showModal();
    return () => returnFocus(from);
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={title} onClose={props.close}>
      <div class="stack">
        <h2 id={title}>{props.title}</h2>
        {props.children}
        <div class="row">
          <Button onClick={() => dialog.current?.close()}>{props.closeName ?? "Close"}</Button>
          {props.tools}
        </div>
      </div>
    </dialog>
  );
}

/** To what had it, or if that is gone, to the title of the screen; never from where it is now. */
export function returnFocus(to: Element | null) {
  queueMicrotask(() => {
    const isNowhere = document.activeElement === null || document.activeElement === document.body;
    const target = to?.isConnected && to !== document.body ? to : document.getElementById("title");
    if (isNowhere && target instanceof HTMLElement) target.focus({ preventScroll: true });
  });
}

/** A button for what cannot be undone: it asks first, and says what will happen. */
export function Destroy(props: {
  name: string;
  says: ComponentChildren;
  /** Typed by hand before it can happen. */
  typed?: string;
  act: Action<[]>;
}) {
  const [isAsked, setIsAsked] = useState(false);
  useLayoutEffect(() => () => returnFocus(null), []); // it may go with what it destroyed
  const ask = () => {
    props.act.clear();
    setIsAsked(true);
  };
  return (
    <>
      <Button kind="danger" onClick={ask}>
        {props.name}
      </Button>
      {isAsked && <Sure {...props} close={() => setIsAsked(false)} />}
    </>
  );
}

function Sure(props: { name: string; says: ComponentChildren; typed?: string; act: Action<[]>; close: () => void }) {
  const { act } = props;
  const [typed, setTyped] = useState("");
  const input = useId();
  const isReady = props.typed === undefined || typed === props.typed;
  const destroy = async () => {
    if (await act.run()) props.close();
  };
  const button = (
    <Button kind="danger" disabled={!isReady || act.isRunning} onClick={() => void destroy()}>
      {props.name}
    </Button>
  );
  return (
    <Dialog title={`${props.name}?`} close={props.close} closeName="Keep it" tools={button}>
      <div>{props.says}</div>
      {props.typed !== undefined && (
        <div class="field">
          <label for={input}>
            Type <code>{props.typed}</code> to go on
          </label>
          <input id={input} class="input" value={typed} autocomplete="off" spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} />
        </div>
      )}
      <Fault error={act.error} />
    </Dialog>
  );
}
