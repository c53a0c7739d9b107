// A line chart as SVG: two axes, thresholds, a legend, and the values under the pointer.
import { colour, drawn, element, swatch } from "./elements.js";
import { clock, text, ticks, timeTicks, timeUnit } from "./numbers.js";

const TOP = 8, BOTTOM = 20, GAP_IN_PERIODS = 2.5;

// The values of one axis: what its lines and its settings ask for, rounded up to a tick.
function scale(lines, thresholds, asked, height, stacked) {
  if (lines.length === 0) return null;
  const values = lines.flatMap((line) => line.points.map(([, value]) => value).filter((value) => value !== null));
  const tops = stacked ? totals(lines) : values;
  let low = asked.min ?? Math.min(0, ...values);
  let high = asked.max ?? Math.max(...tops, 0);
  // A threshold far above the data would press it flat: it is then told at the edge.
  for (const each of thresholds) if (asked.max === undefined && each.value <= high * 3) high = Math.max(high, each.value * 1.08);
  if (high <= low) high = low + 1;
  const unit = lines.find((line) => line.unit)?.unit;
  const whole = unit === "Count" && values.every(Number.isInteger);
  const by = timeUnit(high - low, unit);
  const step = ticks(low / by, high / by, Math.max(2, Math.floor(height / 38)), whole).map((each) => each * by);
  if (asked.max === undefined && step.length > 1 && step[step.length - 1] < high) step.push(2 * step[step.length - 1] - step[step.length - 2]);
  if (asked.max === undefined) high = step[step.length - 1];
  const y = (value) => TOP + (height - TOP - BOTTOM) * (1 - (value - low) / (high - low));
  return { low, high, ticks: step, y, unit, label: asked.label };
}

function totals(lines) {
  const sums = new Map();
  for (const line of lines) for (const [at, value] of line.points) sums.set(at, (sums.get(at) || 0) + (value || 0));
  return [...sums.values()];
}

function stack(lines) {
  const under = new Map();
  return lines.map((line) => ({ ...line, points: line.points.map(([at, value]) => {
    const base = under.get(at) || 0;
    under.set(at, base + (value || 0));
    return [at, value === null ? null : base + value, base];
  }) }));
}

// Stretches without a larger gap; a line is not drawn where nothing was measured.
function stretches(points, length) {
  const found = [];
  let before = -Infinity;
  for (const point of points) {
    if (point[1] === null) continue;
    if (point[0] - before > GAP_IN_PERIODS * length) found.push([]);
    found[found.length - 1].push(point);
    before = point[0];
  }
  return found;
}

function drawLine(line, place, x, axis, widget, single) {
  const color = colour(line.color, place);
  const nodes = [];
  for (const part of stretches(line.points, widget.period)) {
    const path = part.map(([at, value]) => `${x(at).toFixed(1)},${axis.y(value).toFixed(1)}`).join(" L");
    if (part.length === 1) nodes.push(drawn("circle", { cx: x(part[0][0]), cy: axis.y(part[0][1]), r: 3, fill: color }));
    else nodes.push(drawn("path", { class: "line", d: `M${path}`, stroke: color }));
    if ((single || widget.stacked) && part.length > 1) {
      const back = [...part].reverse().map(([at, , base]) => `${x(at).toFixed(1)},${axis.y(base ?? Math.max(axis.low, 0)).toFixed(1)}`).join(" L");
      nodes.unshift(drawn("path", { class: widget.stacked ? "stacked" : "area", d: `M${path} L${back} Z`, fill: color }));
    }
  }
  return nodes;
}

function drawAxes(size, x, left, right, data) {
  const nodes = [];
  for (const value of left.ticks) {
    nodes.push(drawn("line", { class: value === left.low ? "baseline" : "gridline", x1: size.left, x2: size.width - size.right, y1: left.y(value), y2: left.y(value) }));
    nodes.push(drawn("text", { x: size.left - 7, y: left.y(value) + 4, "text-anchor": "end" }, text(value, left.unit)));
  }
  for (const value of right?.ticks || []) nodes.push(drawn("text", { x: size.width - size.right + 7, y: right.y(value) + 4 }, text(value, right.unit)));
  const count = Math.max(2, Math.floor((size.width - size.left - size.right) / 74));
  for (const at of timeTicks(data.start, data.at, count)) {
    const edge = x(at) < size.left + 16 ? "start" : x(at) > size.width - size.right - 16 ? "end" : "middle";
    nodes.push(drawn("text", { x: x(at), y: size.height - 4, "text-anchor": edge }, clock(at)));
  }
  return nodes;
}

function drawThreshold(each, axis, size, taken) {
  const color = each.color && CSS.supports("color", each.color) ? each.color
    : /warn/i.test(each.label) ? "var(--warning)" : "var(--alarm)";
  const outside = each.value > axis.high;
  const y = outside ? TOP - 2 : axis.y(each.value);
  const label = `${each.label || "threshold"} ${text(each.value, axis.unit)}${outside ? " ↑" : ""}`;
  let at = outside ? TOP + 6 : y < TOP + 14 ? y + 12 : y - 4;
  while (taken.some((other) => Math.abs(other - at) < 12)) at += 12;
  taken.push(at);
  const name = drawn("text", { class: "threshold-label", x: size.width - size.right - 4, y: at, "text-anchor": "end" }, label);
  name.style.fill = color;
  if (outside) return [name];
  return [drawn("line", { class: "threshold", x1: size.left, x2: size.width - size.right, y1: y, y2: y, stroke: color }), name];
}

function legend(widget) {
  return element("div", { class: "legend" }, ...widget.series.map((line, place) => element("span", {},
    swatch(colour(line.color, place)), line.label, element("b", {}, text(line.latest, line.unit)))));
}

// Shows the values of the period under the pointer.
function follow(place, svg, widget, x, size, data) {
  const cursor = drawn("line", { class: "cursor", y1: TOP, y2: size.height - BOTTOM, visibility: "hidden" });
  svg.append(cursor);
  const leave = () => { cursor.setAttribute("visibility", "hidden"); place.querySelector(".tip")?.remove(); };
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("pointermove", (event) => {
    const inside = event.clientX - svg.getBoundingClientRect().left;
    const times = widget.series[0].points.map(([at]) => at);
    const nearest = times.reduce((best, at, index) => (Math.abs(x(at) - inside) < Math.abs(x(times[best]) - inside) ? index : best), 0);
    leave();
    const at = x(times[nearest]);
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    cursor.setAttribute("visibility", "visible");
    const tip = element("div", { class: "tip" }, element("div", { class: "time" }, clock(times[nearest], widget.period < 60)),
      ...widget.series.map((line, index) => element("div", { class: "row" }, swatch(colour(line.color, index)), line.label,
        element("b", {}, text(line.points[nearest][1], line.unit)))));
    place.append(tip);
    const right = at > size.width / 2;
    tip.style[right ? "right" : "left"] = `${right ? size.width - at + 10 : at + 10}px`;
    tip.style.top = `${TOP}px`;
  });
}

export function chart(place, widget, data) {
  const below = legend(widget);
  const svg = drawn("svg");
  const whole = element("div", { class: "chart" }, svg, below);
  place.append(whole);
  const size = { width: svg.clientWidth || 400, height: svg.clientHeight || 150, left: 46, right: 10 };
  const on = (axis) => widget.series.filter((line) => line.axis === axis && line.latest !== null);
  const of = (axis) => widget.thresholds.filter((each) => each.axis === axis);
  let left = scale(on("left"), of("left"), widget.left, size.height, widget.stacked);
  const right = scale(on("right"), of("right"), widget.right, size.height, false);
  if (right) size.right = 46;
  left ||= { ...right, ticks: [] };
  const x = (at) => size.left + (size.width - size.left - size.right) * (at - data.start) / (data.at - data.start);
  svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  svg.append(...drawAxes(size, x, left, right, data));
  const taken = [];
  for (const each of [...widget.thresholds].sort((a, b) => b.value - a.value)) {
    svg.append(...drawThreshold(each, each.axis === "right" && right ? right : left, size, taken));
  }
  const series = widget.stacked ? stack(widget.series) : widget.series;
  const single = series.length === 1;
  series.forEach((line, index) => svg.append(...drawLine(line, index, x, line.axis === "right" && right ? right : left, widget, single)));
  follow(place, svg, widget, x, size, data);
}
