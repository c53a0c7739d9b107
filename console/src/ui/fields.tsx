import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { inline } from "./markdown";

interface FieldProps {
  label: string;
  value: string;
  change: (value: string) => void;
  hint?: ComponentChildren;
  fault?: string | undefined;
  required?: boolean;
  placeholder?: string;
}

function Labelled(props: FieldProps & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={props.id}>
        {props.label}
        {props.required && <span aria-hidden="true"> *</span>}
      </label>
      {props.children}
      {props.hint !== undefined && (
        <span class="hint" id={`${props.id}-hint`}>
          {typeof props.hint === "string" ? inline(props.hint) : props.hint}
        </span>
      )}
      {props.fault !== undefined && (
        <span class="fault" id={`${props.id}-fault`} role="alert">
          {props.fault}
        </span>
      )}
    </div>
  );
}

function described(id: string, props: FieldProps) {
  const by = [props.hint !== undefined && `${id}-hint`, props.fault !== undefined && `${id}-fault`];
  return { "aria-describedby": by.filter(Boolean).join(" ") || undefined, "aria-invalid": props.fault !== undefined };
}

type TextFieldProps = FieldProps & {
  type?: "text" | "password" | "number" | "datetime-local" | "url" | "search";
  /** Offered while somebody types; anything else may be typed too. */
  suggestions?: readonly string[] | undefined;
};

export function TextField(props: TextFieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(props.value);
  useLayoutEffect(() => {
    if (document.activeElement !== input.current) setText(props.value); // else what is being typed counts
  }, [props.value]);
  return (
    <Labelled {...props} id={id}>
      <input
        ref={input}
        id={id}
        class="input"
        type={props.type ?? "text"}
        value={props.type === "datetime-local" ? typedMoment(text) : text}
        required={props.required}
        placeholder={props.placeholder}
        autocomplete="off"
        spellcheck={false}
        list={props.suggestions && `${id}-suggestions`}
        {...described(id, props)}
        onInput={(event) => {
          setText(event.currentTarget.value);
          props.change(event.currentTarget.value);
        }}
      />
      {props.suggestions && (
        <datalist id={`${id}-suggestions`}>
          {props.suggestions.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </Labelled>
  );
}

/** A moment as the browser's own field wants it, also one that an address holds in another form. */
export function typedMoment(text: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return text;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return "";
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function TextArea(props: FieldProps & { rows?: number }) {
  const id = useId();
  return (
    <Labelled {...props} id={id}>
      <textarea
        id={id}
        value={props.value}
        required={props.required}
        placeholder={props.placeholder}
        rows={props.rows ?? 4}
        spellcheck={false}
        {...described(id, props)}
        onInput={(event) => props.change(event.currentTarget.value)}
      />
    </Labelled>
  );
}

export function Choice(props: FieldProps & { of: readonly (readonly [string, string])[] }) {
  const id = useId();
  return (
    <Labelled {...props} id={id}>
      <select id={id} value={props.value} {...described(id, props)} onChange={(event) => props.change(event.currentTarget.value)}>
        {props.of.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

export function Check(props: { label: ComponentChildren; value: boolean; change: (value: boolean) => void; hint?: string }) {
  const id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" checked={props.value} aria-describedby={props.hint && `${id}-hint`} onChange={(event) => props.change(event.currentTarget.checked)} />
      <div class="field">
        <label for={id}>{props.label}</label>
        {props.hint !== undefined && (
          <span class="hint" id={`${id}-hint`}>
            {typeof props.hint === "string" ? inline(props.hint) : props.hint}
          </span>
        )}
      </div>
    </div>
  );
}

/** A choice of a few, each with a word on it. */
export function Cards(props: { label: string; value: string; change: (value: string) => void; of: readonly { value: string; name: string; says: string }[] }) {
  const group = useId();
  return (
    <fieldset class="cards">
      <legend>{props.label}</legend>
      {props.of.map(({ value, name, says }) => {
        const ids = { name: `${group}-${value}`, says: `${group}-${value}-says` };
        return (
          <label key={value} class="choice-card">
            <input type="radio" name={group} value={value} checked={value === props.value} aria-labelledby={ids.name} aria-describedby={ids.says} onChange={() => props.change(value)} />
            <span>
              <strong id={ids.name}>{name}</strong>
              <small id={ids.says}>{says}</small>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
