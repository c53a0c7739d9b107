// Numbers, times and axes, as people read them.
const MINUTE = 60, HOUR = 3600, DAY = 86400;

const plain = (value) => {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trimmed(value / 1e9)}G`;
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  return trimmed(value);
};

function trimmed(value) {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.01) return value.toExponential(0);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

function seconds(value) {
  const size = Math.abs(value);
  if (size >= 2 * DAY) return [trimmed(value / DAY), "d"];
  if (size >= 2 * HOUR) return [trimmed(value / HOUR), "h"];
  if (size >= 2 * MINUTE) return [trimmed(value / MINUTE), "min"];
  if (size >= 1 || size === 0) return [trimmed(value), "s"];
  return [trimmed(value * 1000), "ms"];
}

// A value and its unit, apart: the unit is set smaller.
export function parts(value, unit) {
  if (value === null || value === undefined) return ["–", ""];
  if (unit === "Milliseconds") return Math.abs(value) >= 1000 ? seconds(value / 1000) : [trimmed(value), "ms"];
  if (unit === "Seconds") return seconds(value);
  if (unit === "Percent") return [trimmed(value), "%"];
  if (unit === "Bytes") return [plain(value), "B"];
  return [plain(value), ""];
}

export const text = (value, unit) => parts(value, unit).filter(Boolean).join(unit === "Percent" ? "" : "\u202f");

export const period = (length) => {
  if (length % HOUR === 0) return `${length / HOUR} h`;
  return length % MINUTE === 0 ? `${length / MINUTE} min` : `${length} s`;
};

export const clock = (at, withSeconds = false) => new Date(at * 1000).toLocaleTimeString("en-GB", {
  hour: "2-digit", minute: "2-digit", second: withSeconds ? "2-digit" : undefined,
});

export function ago(at, now) {
  const [value, unit] = seconds(Math.max(0, Math.floor(now - at)));
  return `${Math.floor(Number(value))} ${unit}`;
}

// Round values that cover the range, about so many.
export function ticks(low, high, count, whole = false) {
  const span = high - low || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power)
    .find((each) => each >= rough && (!whole || Number.isInteger(each))) || (whole ? 1 : power * 10);
  const first = Math.ceil(low / step - 1e-9) * step;
  const values = [];
  for (let value = first; value <= high + step * 1e-6; value += step) values.push(Number(value.toPrecision(12)));
  return values;
}

// By what a length of time is divided, so that its ticks are whole minutes, hours or days.
export function timeUnit(span, unit) {
  const second = unit === "Seconds" ? 1 : unit === "Milliseconds" ? 1000 : 0;
  const found = [DAY, HOUR, MINUTE].find((each) => span >= 2 * each * second);
  return second && found ? found * second : 1;
}

// Times on the clock's own minutes.
export function timeTicks(start, end, count) {
  const steps = [60, 120, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR];
  const step = steps.find((each) => (end - start) / each <= count) || 12 * HOUR;
  const offset = new Date(start * 1000).getTimezoneOffset() * MINUTE;
  const values = [];
  for (let at = Math.ceil((start - offset) / step) * step + offset; at <= end; at += step) values.push(at);
  return values;
}
