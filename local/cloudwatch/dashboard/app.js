// Asks for the data every few seconds and puts every widget at its place in the grid.
import { element } from "./elements.js";
import { fill } from "./widgets.js";

const REFRESH_MILLISECONDS = 5000;
const COLUMNS = 24;
const RANGES = [[15, "15 min"], [60, "1 h"], [180, "3 h"], [1440, "24 h"]];

const byId = (id) => document.getElementById(id);
const grid = byId("grid");
let minutes = Number(new URLSearchParams(location.search).get("minutes")) || 60;
let shown = "";
let asked = 0;

function drawRanges() {
  const buttons = RANGES.map(([value, label]) => {
    const button = element("button", { type: "button", "aria-pressed": String(value === minutes) }, label);
    button.addEventListener("click", () => {
      minutes = value;
      history.replaceState(null, "", `?minutes=${value}`);
      drawRanges();
      refresh();
    });
    return button;
  });
  byId("ranges").replaceChildren(...buttons);
}

function layout(data) {
  // Cards are made anew only when the dashboard itself has changed, so that nothing flickers.
  const wanted = JSON.stringify(data.widgets.map((each) => [each.type, each.x, each.y, each.width, each.height]));
  if (wanted === shown) return;
  shown = wanted;
  grid.replaceChildren(...data.widgets.map((each) => {
    const card = element("section", { class: `widget kind-${each.type}` });
    card.style.gridColumn = `${Math.min(each.x, COLUMNS - 1) + 1} / span ${Math.max(each.width, 1)}`;
    card.style.gridRow = `${each.y + 1} / span ${Math.max(each.height, 1)}`;
    return card;
  }));
}

function drawState(alarms) {
  const firing = alarms.filter((each) => each.state === "ALARM");
  const critical = firing.some((each) => each.severity === "critical");
  const state = byId("state");
  state.className = `state ${firing.length === 0 ? (alarms.length ? "ok" : "") : critical ? "alarm" : "warning"}`;
  if (alarms.length === 0) state.textContent = "No alarms";
  else if (firing.length === 0) state.textContent = `All ${alarms.length} alarms quiet`;
  else state.textContent = `${firing.length} of ${alarms.length} alarms firing`;
}

function draw(data) {
  document.title = data.name;
  byId("name").textContent = data.name;
  byId("updated").textContent = `Updated ${new Date(data.at * 1000).toLocaleTimeString("en-GB")}`;
  drawState(data.alarms);
  layout(data);
  if (data.widgets.length === 0) {
    grid.replaceChildren(element("p", { class: "nothing" }, "This stack has no dashboard."));
    return;
  }
  data.widgets.forEach((each, place) => {
    const card = grid.children[place];
    if (!card.querySelector(".tip")) fill(card, each, data); // somebody is reading that one
  });
}

async function refresh() {
  const turn = ++asked;
  const trouble = byId("trouble");
  try {
    const answer = await fetch(`data?minutes=${minutes}`);
    if (!answer.ok) throw new Error(await answer.text());
    const data = await answer.json();
    if (turn !== asked) return; // another range was chosen meanwhile
    trouble.hidden = true;
    draw(data);
  } catch (error) {
    if (turn !== asked) return;
    trouble.hidden = false;
    trouble.textContent = error instanceof TypeError
      ? "The system does not answer. Is `make run` still running?" : String(error.message);
  }
}

drawRanges();
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, REFRESH_MILLISECONDS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
let resizing = 0;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(refresh, 150); });
