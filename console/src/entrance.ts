import { useEffect, useRef, useState } from "preact/hooks";
import { AuthenticationError, InvalidRequestError } from "triggers-client";
import { takeToken } from "./router";
import { exchange, resume, type Session, signIn, signOut, storeKey } from "./session";

const FIRST = "#/";

/** What went wrong on the way in, and how to try again, if that may help. */
export interface Trouble {
  error: unknown;
  again: (() => void) | undefined;
}

/** Who is in: by the key of before, by one that is typed, or by a console link. */
export interface Entrance {
  /** Null if nobody is; undefined while that is not known. */
  session: Session | null | undefined;
  /** Whether the API has ceased to know the session's key. */
  isOver: boolean;
  trouble: Trouble | null;
  enter: (key: string) => Promise<void>;
  leave: () => void;
  dismiss: () => void;
}

export function useEntrance(): Entrance {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const latest = useRef(session);
  const turns = useRef(0); // whoever comes last is in, whatever is answered first

  const become = (entered: Session | null) => {
    turns.current++;
    const isAnother = latest.current && latest.current.me.tenant !== entered?.me.tenant;
    if (entered !== null && isAnother) history.replaceState(null, "", location.pathname + FIRST); // they have not what was shown
    latest.current = entered;
    setSession(entered);
    setTrouble(null);
  };

  const come = async (token: string | null) => {
    const turn = ++turns.current;
    let unspent = token;
    try {
      if (unspent !== null) {
        const key = await exchange(unspent);
        if (turn !== turns.current) return;
        storeKey(key);
        unspent = null;
      }
      const entered = await resume();
      if (turn === turns.current) become(entered);
    } catch (error) {
      const isRefused = unspent !== null && (error instanceof AuthenticationError || error instanceof InvalidRequestError);
      const before = latest.current ?? (isRefused ? await resume().catch(() => null) : null);
      if (turn !== turns.current) return;
      become(before); // a link that fails takes nothing from anybody
      setTrouble({ error, again: isRefused ? undefined : () => void come(unspent) });
    }
  };

  useEffect(() => {
    void come(takeToken(FIRST));
    const moved = ({ oldURL }: HashChangeEvent) => {
      const token = takeToken(latest.current ? new URL(oldURL).hash || FIRST : FIRST);
      if (token !== null) void come(token);
    };
    addEventListener("hashchange", moved, { capture: true }); // before the screens see it
    return () => removeEventListener("hashchange", moved, { capture: true });
  }, []);

  return {
    session,
    isOver: useIsOver(session),
    trouble,
    enter: async (key) => become(await signIn(key)),
    leave: () => {
      signOut();
      become(null);
    },
    dismiss: () => setTrouble(null),
  };
}

function useIsOver(session: Session | null | undefined): boolean {
  const [, setOver] = useState<AbortSignal | null>(null);
  const over = session?.over;
  useEffect(() => {
    const tell = () => setOver(over ?? null);
    over?.addEventListener("abort", tell);
    return () => over?.removeEventListener("abort", tell);
  }, [over]);
  return over?.aborted ?? false;
}
