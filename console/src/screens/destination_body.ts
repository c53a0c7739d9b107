import type { components } from "triggers-client";
import { patchOf } from "../ui/patch";
import { type Schema, type Texts, textsOf, valuesOf } from "../ui/schema_form";
import { policyOf, type PolicyTexts, policyTexts } from "./policy_fields";

type Channel = components["schemas"]["ChannelOut"];
type Config = components["schemas"]["ConfigOut"];

/** A destination as it stands in the form: what was typed, as texts. */
export interface Typed {
  name: string;
  channel: string;
  settings: Texts;
  filters: Texts;
  template: string;
  transform: string;
  acknowledges: boolean;
  policy: PolicyTexts;
}

export const LISTS = [
  ["event_types", "Event types", "invoice.*"],
  ["connectors", "Connectors", "amazon"],
  ["entity_types", "Entity types", "invoice"],
  ["error_types", "Error types", "rate_limit"],
] as const;

export function typedOf(config: Config | null, channels: readonly Channel[]): Typed {
  return {
    name: config?.name ?? "",
    channel: config?.channel ?? channels[0]?.channel ?? "",
    settings: textsOf(config?.settings ?? {}),
    filters: textsOf(config?.filters ?? {}),
    template: config?.message_template ?? "",
    transform: config?.transform ?? "",
    acknowledges: config?.acknowledges ?? false,
    policy: policyTexts(config),
  };
}

/** All that the form says. Whether it is paused is not in it: other screens and receivers decide that. */
export function bodyOf(typed: Typed, channels: readonly Channel[]): Record<string, unknown> {
  const channel = channels.find((each) => each.channel === typed.channel);
  const sendsJson = channel?.sends_json === true;
  return {
    name: typed.name,
    channel: typed.channel,
    settings: valuesOf((channel?.settings ?? {}) as Schema, typed.settings),
    filters: filtersOf(typed.filters),
    transform: !sendsJson || typed.transform.trim() === "" ? null : typed.transform,
    message_template: sendsJson || typed.template === "" ? null : typed.template,
    acknowledges: typed.acknowledges,
    ...policyOf(typed.policy),
  };
}

/** What was changed in the form since the config was read. */
export function changesOf(config: Config, typed: Typed, channels: readonly Channel[]): Record<string, unknown> {
  const before = bodyOf(typedOf(config, channels), channels);
  // With another channel these begin anew.
  const anew = typed.channel === config.channel ? {} : { settings: {}, timeout_seconds: null, signature: null };
  return patchOf({ ...before, ...anew }, bodyOf(typed, channels));
}

function filtersOf(texts: Texts): Record<string, unknown> {
  const lines = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);
  const lists = LISTS.map(([name]) => {
    const values = lines(texts[name] ?? "");
    return [name, values.length === 0 ? null : values] as const;
  });
  return { ...Object.fromEntries(lists), min_severity: texts["min_severity"] || null, match: texts["match"]?.trim() || null };
}
