import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import { createContext } from "preact";
import { ApiError, type ItemOf, type ListPath } from "triggers-client";
import type { Session } from "./session";

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("This is shown to signed-in people only.");
  return session;
}

/** What was asked for: nothing yet, an answer, or an error; an old answer stays while it is asked anew. */
export interface Asked<Data> {
  data: Data | undefined;
  error: unknown;
  isLoading: boolean;
  reload: () => void;
}

/**
 * Ask the API, and again whenever `key` or the session changes, or every so often: but not while an
 * answer is waited for, nor before the API wants to be asked. Answers that come too late are dropped.
 */
export function useData<Data>(
  key: string,
  ask: (signal: AbortSignal) => Promise<Data>,
  { everySeconds = null as number | null } = {},
): Asked<Data> {
  const [state, setState] = useState<{ key: string; data?: Data; error?: unknown; isLoading: boolean }>({ key, isLoading: true });
  const [round, setRound] = useState(0);
  const session = useContext(SessionContext);
  const asking = useRef(ask);
  asking.current = ask;
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const unanswered = useRef<AbortSignal | null>(null);
  const restsUntil = useRef(0);
  useEffect(() => {
    const stop = new AbortController();
    unanswered.current = stop.signal;
    setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
    asking
      .current(stop.signal)
      .then((data) => {
        if (stop.signal.aborted) return;
        restsUntil.current = 0;
        setState({ key, data, isLoading: false });
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        restsUntil.current = Date.now() + askedToWait(error) * 1000;
        setState((before) => ({ ...before, key, error, isLoading: false }));
      })
      .finally(() => {
        if (unanswered.current === stop.signal) unanswered.current = null;
      });
    return () => stop.abort();
  }, [key, round, session]);
  useEffect(() => {
    if (everySeconds === null) return undefined;
    const tick = () => {
      const mayAsk = unanswered.current === null && Date.now() >= restsUntil.current && !session?.over.aborted;
      if (mayAsk && document.visibilityState === "visible") reload();
    };
    const timer = setInterval(tick, everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds, reload, session]);
  const current: Partial<typeof state> = state.key === key ? state : { isLoading: true };
  return { data: current.data, error: current.error, isLoading: current.isLoading ?? true, reload };
}

function askedToWait(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0;
}

/** A list, page by page. Only one page is on the screen, so a list of any length stays smooth. */
export interface Paged<Item> extends Asked<readonly Item[]> {
  pageNumber: number;
  forward: (() => void) | null;
  back: (() => void) | null;
}

export function usePages<P extends ListPath>(
  path: P,
  given: { path?: Record<string, string>; query?: Record<string, string | number | null | undefined> } = {},
  options: { everySeconds?: number | null } = {},
): Paged<ItemOf<P>> {
  const { client } = useSession();
  const list = JSON.stringify([path, given]);
  const [trail, setTrail] = useState<{ list: string; cursors: readonly string[] }>({ list, cursors: [] });
  const cursors = trail.list === list ? trail.cursors : [];
  const next = cursors.at(-1);
  const asked = useData(
    `${list} ${next ?? ""}`,
    (signal) => client.page(path, { ...given, signal, ...(next !== undefined && { next }) }),
    { everySeconds: next === undefined ? (options.everySeconds ?? null) : null },
  );
  const following = asked.data?.next ?? null;
  return {
    ...asked,
    data: asked.data?.items,
    pageNumber: cursors.length + 1,
    forward: following === null ? null : () => setTrail({ list, cursors: [...cursors, following] }),
    back: cursors.length === 0 ? null : () => setTrail({ list, cursors: cursors.slice(0, -1) }),
  };
}

/** The types that were seen lately, to choose from; none while they are not known. */
export function useEventTypes(): readonly string[] {
  const { client, can } = useSession();
  const types = useData("event types", async (signal) => (can("events:read") ? client.get("/event-types", { signal }) : []));
  return (types.data ?? []).map((each) => each.event_type);
}

/** Something that is done when a person asks for it: whether it runs, and how it ended. */
export interface Action<Arguments extends unknown[]> {
  /** True once it is done; false if it failed, or runs already. */
  run: (...given: Arguments) => Promise<boolean>;
  isRunning: boolean;
  error: unknown;
  clear: () => void;
}

export function useAction<Arguments extends unknown[]>(act: (...given: Arguments) => Promise<unknown>): Action<Arguments> {
  const [state, setState] = useState<{ isRunning: boolean; error?: unknown }>({ isRunning: false });
  const acting = useRef(act);
  acting.current = act;
  const running = useRef(false);
  const run = useCallback(async (...given: Arguments) => {
    if (running.current) return false; // a double click is one
    running.current = true;
    setState({ isRunning: true });
    try {
      await acting.current(...given);
      setState({ isRunning: false });
      return true;
    } catch (error) {
      setState({ isRunning: false, error });
      return false;
    } finally {
      running.current = false;
    }
  }, []);
  return { run, isRunning: state.isRunning, error: state.error, clear: () => setState({ isRunning: false }) };
}
