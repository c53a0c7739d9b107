import { useCallback, useRef } from "preact/hooks";
import { go, href, type Place, placeOf } from "../router";

const TYPING_MS = 300;
const MOMENTS: ReadonlySet<string> = new Set(["since", "until"]);

/**
 * The filters of a list. They are in the address, so that a filtered list can be sent to somebody:
 * moments in UTC, as the reader's zone may be another than the sender's.
 */
export interface Filters<Name extends string> {
  values: Record<Name, string>;
  areSet: boolean;
  set: (name: Name, value: string) => void;
}

export function useFilters<Name extends string>(place: Place, names: readonly Name[]): Filters<Name> {
  const values = valuesIn(place, names);
  const pending = useRef<{ address: string; values: Record<Name, string> } | null>(null); // typed, and not in the address yet
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const set = useCallback(
    (name: Name, value: string) => {
      const address = location.hash;
      const before = pending.current?.address === address ? pending.current.values : valuesIn(placeOf(address), names);
      pending.current = { address, values: { ...before, [name]: inAddress(name, value) } };
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        const typed = pending.current;
        pending.current = null;
        if (typed?.address !== location.hash) return; // the reader has gone on
        go(href(place.parts, typed.values), { replace: true });
      }, TYPING_MS);
    },
    [place.parts.join("/")],
  );
  return { values, areSet: names.some((name) => values[name] !== ""), set };
}

function valuesIn<Name extends string>(place: Place, names: readonly Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, place.query.get(name) ?? ""])) as Record<Name, string>;
}

/** Filters as the API takes them: moments, which are typed in the reader's zone, in UTC. */
export function asked(values: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === "" ? undefined : inAddress(name, value)]));
}

function inAddress(name: string, value: string): string {
  return MOMENTS.has(name) ? inUtc(value) : value;
}

/** What is no moment goes as it is: the API says what is wrong with it. */
function inUtc(text: string): string {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString();
}

export function queryOf(values: Readonly<Record<string, string>>): string {
  const given = Object.entries(asked(values)).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
