import { Choice, TextField } from "../ui/fields";

/** How a destination is pushed to: what is left empty is the deployment's own. */
export interface Policy {
  retry_schedule_seconds: readonly number[] | null;
  timeout_seconds: number | null;
  rate_limit_per_second: number | null;
  signature: string | null;
}

const SIGNATURES = [
  ["v1", "v1: by a secret that both sides know"],
  ["v1a", "v1a: by a key of ours that everybody may verify with"],
] as const;

/** The same as it is typed. */
export interface PolicyTexts {
  waits: string;
  timeout: string;
  rate: string;
  signature: string;
}

export function policyTexts(policy: Policy | null): PolicyTexts {
  return {
    waits: waitsInWords(policy?.retry_schedule_seconds ?? null),
    timeout: String(policy?.timeout_seconds ?? ""),
    rate: String(policy?.rate_limit_per_second ?? ""),
    signature: policy?.signature ?? "v1",
  };
}

/** What to send; a text that is no number is sent as it is, and the API says what is wrong with it. */
export function policyOf(texts: PolicyTexts): Record<keyof Policy, unknown> {
  return { retry_schedule_seconds: waitsOf(texts.waits), timeout_seconds: numberOf(texts.timeout), rate_limit_per_second: numberOf(texts.rate), signature: texts.signature === "v1" ? null : texts.signature };
}

function numberOf(text: string): unknown {
  const typed = text.trim();
  if (typed === "") return null;
  return /^\d+$/.test(typed) ? Number(typed) : typed;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;
const SECONDS = new Map<string, number>([...UNITS, ["", 1], ["m", 60]]);
const NEVER = "never";

/** `5 s, 1 min, 2 h` as seconds; nothing is null, `never` is no wait at all. */
export function waitsOf(text: string): unknown {
  const typed = text.trim().toLowerCase();
  if (typed === "") return null;
  if (typed === NEVER) return [];
  return typed.split(/[,;\n]/).map((wait) => {
    const [, count, unit] = /^\s*(\d+)\s*([a-z]*)\s*$/.exec(wait) ?? [];
    const seconds = SECONDS.get(unit ?? "-");
    return count === undefined || seconds === undefined ? wait.trim() : Number(count) * seconds;
  });
}

/** Seconds as people write them, each in its largest whole unit. */
export function waitsInWords(waits: readonly number[] | null): string {
  if (waits === null) return "";
  if (waits.length === 0) return NEVER;
  return waits
    .map((wait) => {
      const [unit, seconds] = UNITS.find(([, each]) => wait % each === 0) ?? ["s", 1];
      return `${wait / seconds} ${unit}`;
    })
    .join(", ");
}

export function PolicyFields(props: { texts: PolicyTexts; change: (texts: PolicyTexts) => void; isSigned: boolean; faults: Readonly<Record<string, string>> }) {
  const { texts, change, faults } = props;
  const waits = Object.entries(faults).find(([field]) => field.startsWith("retry_schedule_seconds"));
  return (
    <>
      <TextField label="Tries again after" value={texts.waits} change={(value) => change({ ...texts, waits: value })} placeholder="5 s, 1 min, 1 h" hint="A wait for each further attempt, seven days in all; `never` tries once. Empty for the usual." fault={waits?.[1]} />
      {props.isSigned && <Choice label="Signature" value={texts.signature} change={(value) => change({ ...texts, signature: value })} of={SIGNATURES} hint="After a change the old one signs too for 24 hours." fault={faults["signature"]} />}
      <div class="fields">
        <TextField label="Pushes a second, at most" type="number" value={texts.rate} change={(value) => change({ ...texts, rate: value })} placeholder="no limit" hint="What is more waits; none is lost." fault={faults["rate_limit_per_second"]} />
        <TextField label="Seconds to answer" type="number" value={texts.timeout} change={(value) => change({ ...texts, timeout: value })} placeholder="15" hint="Later, and the push has failed." fault={faults["timeout_seconds"]} />
      </div>
    </>
  );
}
