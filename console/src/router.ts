import { useEffect, useState } from "preact/hooks";

/** Where the reader is: the part of the address behind `#`, so that any server can serve it. */
export interface Place {
  /** Decoded, without the first slash: `["events", "evt_1"]`. */
  parts: readonly string[];
  query: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/** An address inside the console; parameters that are empty are left out. */
export function href(parts: readonly string[], query: Readonly<Record<string, string | null | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const text = new URLSearchParams(given).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

export function go(address: string, { replace = false } = {}): void {
  if (replace) location.replace(address);
  else location.hash = address;
}

/**
 * The token of a console link, if the address is one; null if it is not. The address, and with it the
 * history, is `instead` before anything else happens.
 */
export function takeToken(instead: string): string | null {
  const [first, token] = placeOf(location.hash).parts;
  if (first !== "session" || token === undefined) return null;
  history.replaceState(null, "", location.pathname + instead);
  return token;
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const moved = () => setPlace(placeOf(location.hash));
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return place;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // typed by hand
  }
}
