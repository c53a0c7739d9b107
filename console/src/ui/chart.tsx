/** Bars side by side in time; each is read out, and shown when pointed at. */

export interface Bar {
  name: string;
  good: number;
  bad?: number;
}

const WIDTH = 600;
const HEIGHT = 120;

export function Bars(props: { label: string; bars: readonly Bar[]; good: string; bad?: string }) {
  const highest = Math.max(1, ...props.bars.map((bar) => bar.good + (bar.bad ?? 0)));
  const step = WIDTH / Math.max(1, props.bars.length);
  const tall = (count: number) => (count / highest) * HEIGHT;
  const total = (of: "good" | "bad") => props.bars.reduce((sum, bar) => sum + (bar[of] ?? 0), 0).toLocaleString();
  const [first] = props.bars;
  const last = props.bars.at(-1);
  const says = `${props.label}: ${total("good")} ${props.good}${props.bad === undefined ? "" : `, ${total("bad")} ${props.bad}`}; ${highest.toLocaleString()} at most`;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 20}`} preserveAspectRatio="none" role="img" aria-label={says}>
        <line class="axis" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        {props.bars.map((bar, index) => (
          <g key={bar.name}>
            <title>{`${bar.name}: ${bar.good} ${props.good}${props.bad === undefined ? "" : `, ${bar.bad ?? 0} ${props.bad}`}`}</title>
            <rect x={index * step} y="0" width={step} height={HEIGHT} fill="transparent" />
            <rect class="bar-good" x={index * step + step * 0.12} width={step * 0.76} y={HEIGHT - tall(bar.good)} height={tall(bar.good)} rx="1" />
            <rect class="bar-bad" x={index * step + step * 0.12} width={step * 0.76} y={HEIGHT - tall(bar.good + (bar.bad ?? 0))} height={tall(bar.bad ?? 0)} rx="1" />
          </g>
        ))}
      </svg>
      <figcaption class="legend">
        <span>
          {props.good} ({total("good")})
        </span>
        {props.bad !== undefined && (
          <span data-tone="bad">
            {props.bad} ({total("bad")})
          </span>
        )}
        <small>
          {first?.name} – {last?.name}
        </small>
      </figcaption>
    </figure>
  );
}
