import { Choice, TextField } from "./fields";

const CHOOSABLE = 200; // nobody scrolls through more

/** One destination or all: chosen by name, or where there are too many for that, by id. */
export function DestinationChoice(props: { value: string; change: (configId: string) => void; of: readonly (readonly [string, string])[] }) {
  if (props.of.length > CHOOSABLE) return <TextField {...props} label="Destination" placeholder="cfg_…" />;
  const isKnown = props.value === "" || props.of.some(([configId]) => configId === props.value);
  const others = isKnown ? [] : [[props.value, props.value] as const]; // deleted since, or not loaded yet
  return <Choice {...props} label="Destination" of={[["", "All"], ...props.of, ...others]} />;
}
