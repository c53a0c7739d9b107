export type Values = Readonly<Record<string, unknown>>;

/**
 * What makes one object of another, as a JSON merge patch (RFC 7396): what is alike is left out,
 * so that what somebody else changes in it meanwhile stays.
 */
export function patchOf(before: Values, after: Values): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries([...names].flatMap((name) => changeOf(name, ownOf(before, name), ownOf(after, name))));
}

/** Nothing, or one member of the patch; null takes a member away. */
function changeOf(name: string, was: unknown, is: unknown): [string, unknown][] {
  if (isObject(was) && isObject(is)) {
    const inner = patchOf(was, is);
    return isEmpty(inner) ? [] : [[name, inner]];
  }
  if (is === undefined) return was === null ? [] : [[name, null]];
  return JSON.stringify(was) === JSON.stringify(is) ? [] : [[name, is]];
}

export function isEmpty(patch: Values): boolean {
  return Object.keys(patch).length === 0;
}

function ownOf(values: Values, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
