import type { components } from "triggers-client";
import { href } from "../router";
import { Icon } from "../ui/icons";
import { secondsSince, spanOf } from "../ui/moments";
import { Skeleton } from "../ui/parts";
import { healthOf } from "./destinations";

type Config = components["schemas"]["ConfigOut"];
type Inbox = components["schemas"]["InboxStatsOut"];
/** Each alarm as it was when somebody last looked; null if nobody ever did. */
type Alarms = Pick<components["schemas"]["AlertsOut"], "alerts" | "as_of">;

/** What may be known of an account; null for what the key may not ask, undefined while it is asked. */
export interface Known {
  configs: readonly Config[] | null | undefined;
  inbox: Inbox | null | undefined;
  alarms: Alarms | null | undefined;
}

export interface Finding {
  tone: "bad" | "warn";
  says: string;
  to: string;
}

const LONG_SECONDS = 24 * 3600; // nobody works through an inbox that is older
const FRESH_SECONDS = 5 * 60; // as `/health` has it
const SHOWN = 6;

/** What somebody should look at, the worst first. */
export function findingsOf(known: Known): Finding[] {
  const found = [...ofAlarms(known.alarms), ...(known.configs ?? []).flatMap(ofConfig), ...ofInbox(known.inbox)];
  return found.sort((a, b) => Number(a.tone === "warn") - Number(b.tone === "warn"));
}

function ofAlarms(alarms: Alarms | null | undefined): Finding[] {
  if (!alarms) return [];
  const to = href(["deployment"]);
  const ringing = alarms.alerts.filter((alert) => alert.state === "alarm");
  const found: Finding[] = ringing.map((alert) => ({ tone: alert.severity === "critical" ? "bad" : "warn", says: `The alarm “${nameOf(alert)}” rings`, to }));
  if (!isFresh(alarms.as_of)) found.push({ tone: "warn", says: lookedAt(alarms.as_of), to });
  return found;
}

/** Whether what was seen then may be taken for what is: the monitor looks once a minute. */
export function isFresh(at: string | null | undefined): boolean {
  return at != null && secondsSince(at) <= FRESH_SECONDS;
}

function lookedAt(at: string | null | undefined): string {
  if (at == null) return "Nobody has looked at the alarms yet";
  return Number.isNaN(Date.parse(at)) ? "Nobody knows when the alarms were last looked at" : `Nobody has looked at the alarms for ${spanOf(secondsSince(at))}`;
}

/** An alarm's own words: before them stand the stack and the severity, as `triggers-prod-critical-`. */
export function nameOf({ name, severity }: { name: string; severity: string }): string {
  return name.slice(name.indexOf(`-${severity}-`) + 1).replace(`${severity}-`, "").replaceAll("-", " ");
}

function ofConfig(config: Config): Finding[] {
  const to = href(["destinations", config.id]);
  switch (healthOf(config)) {
    case "open":
    case "half_open":
      return [{ tone: "bad", says: `${config.name} does not take what it is sent`, to }];
    case "disabled":
      return [{ tone: "bad", says: `${config.name} was disabled: ${config.disabled_reason ?? "it wants nothing more"}`, to }];
    case "waiting":
      return [{ tone: "warn", says: `${config.name} asked to wait`, to }];
    case "healthy":
    case "paused":
      return [];
    default: // of a newer server: somebody should know what it means
      return [{ tone: "warn", says: `${config.name} is “${healthOf(config)}”`, to }];
  }
}

function ofInbox(inbox: Inbox | null | undefined): Finding[] {
  if (!inbox) return [];
  const found: Finding[] = [];
  if (inbox.failed > 0) {
    const events = inbox.failed === 1 ? "1 event waits whose pushes were" : `${inbox.failed.toLocaleString()} events wait whose pushes were`;
    found.push({ tone: "warn", says: `${events} all given up`, to: href(["events"], { status: "failed" }) });
  }
  const waits = inbox.oldest_pending_at == null ? 0 : secondsSince(inbox.oldest_pending_at);
  if (waits > LONG_SECONDS) found.push({ tone: "warn", says: `The oldest event in the inbox has waited for ${spanOf(waits)}`, to: href(["events"], { status: "undelivered" }) });
  return found;
}

/** Is all well? In a word, and then what is not. */
export function Verdict({ known }: { known: Known }) {
  if (known.configs === undefined || known.inbox === undefined || known.alarms === undefined) {
    return (
      <section class="card verdict">
        <Skeleton lines={2} />
      </section>
    );
  }
  const findings = findingsOf(known);
  const worst = findings[0]?.tone ?? "good";
  return (
    <section class="card verdict" data-tone={worst} aria-label="Is all well?">
      <span class="verdict-mark">
        <Icon name={worst === "good" ? "good" : "bad"} />
      </span>
      <div>
        <h2>{findings.length === 0 ? "All is well" : findings.length === 1 ? "One thing needs you" : `${findings.length} things need you`}</h2>
        {findings.length === 0 ? (
          <p>{wellOf(known)}</p>
        ) : (
          <ul class="findings">
            {findings.slice(0, SHOWN).map((each) => (
              <li key={each.says} data-tone={each.tone}>
                <a href={each.to}>{each.says}</a>
              </li>
            ))}
            {findings.length > SHOWN && <li>and {findings.length - SHOWN} more</li>}
          </ul>
        )}
      </div>
    </section>
  );
}

function wellOf({ configs, inbox, alarms }: Known): string {
  if (configs === null && inbox === null) return `None of ${alarms?.alerts.length ?? 0} alarms rings.`;
  if (configs?.length === 0) return "Nothing is pushed anywhere yet: events wait in the inbox until somebody takes them.";
  const active = configs?.filter((config) => config.enabled).length ?? 0;
  const taken = active === 1 ? "Your destination takes what it is sent." : `All ${active} destinations take what they are sent.`;
  if (configs === null || active === 0) return inbox?.pending === 0 ? "Nothing waits in the inbox." : "Nothing has failed.";
  return inbox?.pending === 0 ? `${taken} Nothing waits in the inbox.` : taken;
}
