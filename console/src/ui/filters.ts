import { useCallback, useRef } from "preact/hooks";
import { go, href, type Place } from "../router";

const TYPING_MS = 300;
const MOMENTS: ReadonlySet<string> = new Set(["since", "until"]);

/** The filters of a list. They are in the address, so that a filtered list can be sent to somebody. */
export interface Filters<Name extends string> {
  values: Record<Name, string>;
  areSet: boolean;
  set: (name: Name, value: string) => void;
}

export function useFilters<Name extends string>(place: Place, names: readonly Name[]): Filters<Name> {
  const values = Object.fromEntries(names.map((name) => [name, place.query.get(name) ?? ""])) as Record<Name, string>;
  const latest = useRef(values);
  latest.current = values;
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const set = useCallback(
    (name: Name, value: string) => {
      latest.current = { ...latest.current, [name]: value };
      const wanted = latest.current;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => go(href(place.parts, wanted), { replace: true }), TYPING_MS);
    },
    [place.parts.join("/")],
  );
  return { values, areSet: names.some((name) => values[name] !== ""), set };
}

/** Filters as the API takes them: moments, which are typed in the reader's zone, in UTC. */
export function asked(values: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (value === "") return [name, undefined];
      return [name, MOMENTS.has(name) ? inUtc(value) : value];
    }),
  );
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
