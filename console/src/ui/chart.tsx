import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Tone } from "./parts";

/** Charts over time, in SVG: they scale, are read out, and tell the numbers where one points. */

export interface Series {
  name: string;
  tone: Tone;
  /** One for each moment; null where there is none. */
  values: readonly (number | null)[];
}

interface ChartProps {
  label: string;
  /** The moments, in words. */
  names: readonly string[];
  series: readonly Series[];
  unit?: string;
}

const WIDTH = 600;
const HEIGHT = 100;
const GAP = 0.2; // of a bar's place

/** Amounts by time, one upon the other. */
export function Bars(props: ChartProps) {
  const sums = props.names.map((_, index) => props.series.reduce((sum, each) => sum + (each.values[index] ?? 0), 0));
  const top = roundTop(Math.max(...sums));
  const step = WIDTH / Math.max(1, props.names.length);
  const total = (series: Series) => series.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  return (
    <Framed {...props} top={top} isEmpty={sums.every((sum) => sum === 0)} figure={(series) => total(series).toLocaleString()}>
      {props.names.map((name, index) => {
        let below = 0;
        return props.series.map((each) => {
          const tall = ((each.values[index] ?? 0) / top) * HEIGHT;
          below += tall;
          return <rect key={name + each.name} class="mark" data-tone={each.tone} x={(index + GAP / 2) * step} width={step * (1 - GAP)} y={HEIGHT - below} height={tall} />;
        });
      })}
    </Framed>
  );
}

/** Measures by time; a line breaks where nothing was measured. */
export function Lines(props: ChartProps) {
  const measured = props.series.flatMap((each) => each.values.filter((value) => value !== null));
  const top = roundTop(Math.max(0, ...measured));
  const step = WIDTH / Math.max(1, props.names.length);
  const at = (value: number, index: number) => `${((index + 0.5) * step).toFixed(1)} ${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`;
  const path = (values: Series["values"]) =>
    values
      .map((value, index) => {
        if (value === null) return "";
        return `${index > 0 && values[index - 1] !== null ? "L" : "M"}${at(value, index)}${values[index + 1] === null || index === values.length - 1 ? "h.1" : ""}`;
      })
      .join("");
  const highest = (series: Series) => Math.max(0, ...series.values.map((value) => value ?? 0)).toLocaleString();
  return (
    <Framed {...props} top={top} isEmpty={measured.length === 0} figure={(series) => `${highest(series)}${props.unit ?? ""} at most`}>
      {props.series.map((each) => (
        <path key={each.name} class="line" data-tone={each.tone} d={path(each.values)} />
      ))}
    </Framed>
  );
}

/** What all charts have: a scale, the ends of time, a legend, and the numbers of the moment pointed at. */
function Framed(props: ChartProps & { top: number; isEmpty: boolean; figure: (series: Series) => string; children: ComponentChildren }) {
  const { names, series, unit = "" } = props;
  const [pointed, setPointed] = useState<number | null>(null);
  const point = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * names.length);
    setPointed(Math.min(names.length - 1, Math.max(0, index)));
  };
  const says = `${props.label}, ${names[0]} to ${names.at(-1)}: ${series.map((each) => `${props.figure(each)} ${each.name}`).join(", ")}`;
  const step = WIDTH / Math.max(1, names.length);
  return (
    <figure class="chart">
      <div class="scale" aria-hidden="true">
        <span>{short(props.top) + unit}</span>
        <span>{props.top >= 2 ? short(props.top / 2) + unit : ""}</span>
        <span>0</span>
      </div>
      <div class="plot" onPointerMove={point} onPointerLeave={() => setPointed(null)}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={says}>
          {[0, 0.5, 1].map((share) => (
            <line key={share} class="grid" x1="0" x2={WIDTH} y1={HEIGHT * share} y2={HEIGHT * share} />
          ))}
          {pointed !== null && <rect class="pointed" x={pointed * step} y="0" width={step} height={HEIGHT} />}
          {props.children}
        </svg>
        {props.isEmpty && <span class="nothing">Nothing in this time</span>}
        {pointed !== null && (
          <div class="tip" aria-hidden="true" data-side={pointed < names.length / 2 ? "right" : "left"} style={{ insetInlineStart: `${((pointed + 0.5) / names.length) * 100}%` }}>
            <strong>{names[pointed]}</strong>
            {series.map((each) => (
              <span key={each.name} data-tone={each.tone}>
                {each.name} <b>{told(each.values[pointed], unit)}</b>
              </span>
            ))}
          </div>
        )}
      </div>
      <div class="ends" aria-hidden="true">
        <span>{names[0]}</span>
        <span>{names.at(-1)}</span>
      </div>
      <figcaption class="legend">
        {series.map((each) => (
          <span key={each.name} data-tone={each.tone}>
            {each.name} <b>{props.figure(each)}</b>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function told(value: number | null | undefined, unit: string): string {
  return value === null || value === undefined ? "–" : value.toLocaleString() + unit;
}

/** The next number above that a scale is easily read by: 1, 2, 4, 5 or 10 and so on. */
export function roundTop(highest: number): number {
  if (highest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 4, 5].find((each) => each * power >= highest) ?? 10) * power;
}

const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

export function short(value: number): string {
  return compact.format(value);
}
