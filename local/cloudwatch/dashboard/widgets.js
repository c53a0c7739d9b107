// One card: a chart, numbers, alarms, text, or why there is nothing to see.
import { chart } from "./chart.js";
import { element } from "./elements.js";
import { markdown } from "./markdown.js";
import { ago, parts, period } from "./numbers.js";

const nothing = (text) => element("div", { class: "nothing" }, text);

function numbers(widget) {
  return element("div", { class: "numbers" }, ...widget.series.map((line) => {
    const [value, unit] = parts(line.latest, line.unit);
    return element("div", { class: "number" },
      element("strong", { class: line.latest === null ? "none" : null }, value, unit ? element("small", {}, unit) : null),
      element("label", {}, line.label));
  }));
}

const URGENCY = ["critical ALARM", "warning ALARM", "INSUFFICIENT_DATA", "OK"];
const urgency = (each) => URGENCY.findIndex((known) => known === each.state || known === `${each.severity} ${each.state}`) + 1 || 1;

function note(alarm, now) {
  if (alarm.state === "INSUFFICIENT_DATA") return "no data";
  if (alarm.state === "OK") return alarm.severity;
  return `${alarm.severity} · ${ago(alarm.since, now)}`;
}

function alarms(widget, now) {
  if (widget.alarms.length === 0) return nothing("None of these alarms exists here");
  return element("div", { class: "alarms" }, ...[...widget.alarms].sort((a, b) => urgency(a) - urgency(b)).map((each) => {
    const parts = [element("i"), element("span", {}, each.what.replaceAll("-", " ")), element("small", {}, note(each, now))];
    const told = { class: `alarm ${each.state} ${each.severity}`, title: `${each.name}\n${each.state}: ${each.reason}\n${each.description}` };
    return each.runbook ? element("a", { ...told, href: `runbook.html#${each.runbook}`, target: "runbook" }, ...parts) : element("div", told, ...parts);
  }));
}

function body(widget, data) {
  if (widget.problem) return nothing(widget.problem);
  if (widget.type === "alarm") return alarms(widget, data.at);
  if (widget.type === "log") return element("pre", { class: "query" }, widget.query);
  if (widget.type !== "metric") return nothing("This kind of widget is not drawn here");
  if (widget.view !== "timeSeries") return numbers(widget);
  return null; // a chart wants to know its size first
}

export function fill(card, widget, data) {
  if (widget.type === "text") {
    card.replaceChildren(...markdown(widget.markdown));
    return;
  }
  const isChart = widget.type === "metric" && !widget.problem;
  const heading = widget.title || isChart ? element("h2", { title: widget.title }, widget.title) : null;
  if (heading && isChart && widget.view === "timeSeries") heading.append(element("small", {}, `every ${period(widget.period)}`));
  const place = element("div", { class: "body" });
  card.replaceChildren(...[heading, place].filter(Boolean));
  const content = body(widget, data);
  if (content) place.append(content);
  else if (widget.series.every((line) => line.latest === null)) place.append(nothing("No data yet"));
  else chart(place, widget, data);
}
