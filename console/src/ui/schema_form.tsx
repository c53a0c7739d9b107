import { Fragment } from "preact";
import { ApiError } from "triggers-client";
import { Check, Choice, TextArea, TextField } from "./fields";

/**
 * A form for a JSON Schema of the API's, such as a channel's settings.
 *
 * Every value is held as the text that was typed; `valuesOf` makes of it what the schema wants, and
 * the API judges it. Nothing about any channel is known here.
 */
export interface Schema {
  properties?: Record<string, Property>;
  required?: string[];
  allOf?: { if?: Condition; then?: { required?: string[] }; else?: { properties?: Record<string, false> } }[];
}

interface Condition {
  properties?: Record<string, { const: unknown }>;
}

interface Property {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: string[];
  default?: unknown;
  examples?: unknown[];
  writeOnly?: boolean;
}

/** What was typed, by name; null for a secret that shall be removed. */
export type Texts = Readonly<Record<string, string | null>>;

const kindOf = (property: Property): string => (Array.isArray(property.type) ? "string" : (property.type ?? "string"));

export function textsOf(settings: Readonly<Record<string, unknown>>): Texts {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  if (typeof value === "object") {
    return Object.entries(value).map(([name, each]) => `${name}: ${String(each)}`).join("\n");
  }
  return String(value);
}

/** The settings to send: what was left empty is left out, and null removes a secret. */
export function valuesOf(schema: Schema, texts: Texts): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(shownOf(schema, texts))) {
    const text = texts[name] ?? "";
    if (texts[name] === null) values[name] = null;
    else if (text.trim() !== "") values[name] = valueOf(kindOf(property), text);
  }
  return values;
}

function valueOf(kind: string, text: string): unknown {
  const lines = () => text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (kind === "integer" || kind === "number") return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  if (kind === "boolean") return text === "true";
  if (kind === "array") return lines();
  if (kind === "object") {
    return Object.fromEntries(lines().map((line) => [line.split(":")[0]?.trim() ?? "", line.slice(line.indexOf(":") + 1).trim()]));
  }
  return text.trim();
}

/** The properties that count for what is chosen: an SMTP host is nothing to SES. */
export function shownOf(schema: Schema, texts: Texts): Record<string, Property> {
  const properties = schema.properties ?? {};
  const hidden = new Set(
    (schema.allOf ?? []).filter((rule) => !holds(rule.if, properties, texts)).flatMap((rule) => Object.keys(rule.else?.properties ?? {})),
  );
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !hidden.has(name)));
}

function requiredOf(schema: Schema, texts: Texts): Set<string> {
  const conditional = (schema.allOf ?? []).filter((rule) => holds(rule.if, schema.properties ?? {}, texts));
  return new Set([...(schema.required ?? []), ...conditional.flatMap((rule) => rule.then?.required ?? [])]);
}

function holds(condition: Condition | undefined, properties: Record<string, Property>, texts: Texts): boolean {
  return Object.entries(condition?.properties ?? {}).every(([name, wanted]) => (texts[name] || textOf(properties[name]?.default)) === String(wanted.const));
}

export function SchemaForm(props: {
  schema: Schema;
  texts: Texts;
  change: (texts: Texts) => void;
  /** Of the API's last answer, by name. */
  faults: Readonly<Record<string, string>>;
  /** Secrets that are set already: left empty, they stay. */
  secretsSet: ReadonlySet<string>;
}) {
  const required = requiredOf(props.schema, props.texts);
  return (
    <>
      {Object.entries(shownOf(props.schema, props.texts)).map(([name, property]) => {
        const isKept = property.writeOnly === true && props.secretsSet.has(name);
        const common = {
          label: property.title ?? name,
          value: props.texts[name] ?? "",
          change: (value: string | null) => props.change({ ...props.texts, [name]: value }),
          hint: isKept ? "Set. Leave it empty to keep it; type it again if you change where events go." : property.description,
          fault: props.faults[name],
          required: required.has(name) && !isKept,
          placeholder: textOf(property.examples?.[0]),
        };
        return (
          <Fragment key={name}>
            <Input property={property} common={common} />
            {isKept && !required.has(name) && <Check label={`Remove “${common.label}”`} value={props.texts[name] === null} change={(isRemoved) => common.change(isRemoved ? null : "")} />}
          </Fragment>
        );
      })}
    </>
  );
}

function Input({ property, common }: { property: Property; common: Parameters<typeof TextField>[0] }) {
  const kind = kindOf(property);
  if (property.enum !== undefined) {
    return <Choice {...common} value={common.value || textOf(property.default)} of={property.enum.map((each) => [each, each] as const)} />;
  }
  if (kind === "boolean") return <Check label={common.label} value={common.value === "true"} change={(value) => common.change(String(value))} />;
  if (kind === "array") return <TextArea {...common} rows={2} hint={<>One on each line. {common.hint}</>} />;
  if (kind === "object") return <TextArea {...common} rows={2} hint={<>One on each line, as Name: value. {common.hint}</>} />;
  return <TextField {...common} type={property.writeOnly ? "password" : "text"} />;
}

/** The first fault of each field, as the API told it. */
export function faultsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries([...error.details].reverse().flatMap((detail) => (detail?.field === undefined ? [] : [[detail.field, detail.message]])));
}

/** The faults within one part of the body, such as `settings.url`. */
export function under(faults: Readonly<Record<string, string>>, part: string): Record<string, string> {
  const within = Object.entries(faults).filter(([field]) => field.startsWith(`${part}.`));
  return Object.fromEntries(within.map(([field, message]) => [field.slice(part.length + 1).split(".")[0] ?? "", message]));
}
