import { Check } from "./fields";

/** What each scope allows, in words; one that is not here is shown by its name alone. */
const WORDS: Readonly<Record<string, string>> = {
  "events:write": "post events, and replay them",
  "events:read": "read events, executions and usage",
  "events:erase": "erase what events said",
  inbox: "read the inbox, lease and acknowledge",
  "sources:manage": "sources: URLs that foreign senders post to",
  "notifications:manage": "destinations and deliveries",
  "keys:manage": "make and revoke keys",
  admin: "all of these",
  "metrics:read": "figures and alarms of the whole deployment",
};
const ADMIN_INCLUDES = ["events:write", "events:read", "events:erase", "inbox", "sources:manage", "notifications:manage", "keys:manage"];

/** Chosen from what the chooser has: nobody gives more. */
export function ScopeChoice(props: { mine: readonly string[]; chosen: readonly string[]; change: (scopes: readonly string[]) => void }) {
  const mine = new Set([...props.mine, ...(props.mine.includes("admin") ? ADMIN_INCLUDES : [])]);
  const offered = Object.keys(WORDS).filter((scope) => mine.has(scope));
  return (
    <fieldset>
      <legend>What it may do</legend>
      {offered.map((scope) => (
        <Check
          key={scope}
          label={<code>{scope}</code>}
          hint={WORDS[scope]}
          value={props.chosen.includes(scope)}
          change={(isOn) => props.change(isOn ? [...props.chosen, scope] : props.chosen.filter((each) => each !== scope))}
        />
      ))}
    </fieldset>
  );
}

export const SCOPES_OF_A_TENANT: readonly string[] = [...ADMIN_INCLUDES, "admin"];
