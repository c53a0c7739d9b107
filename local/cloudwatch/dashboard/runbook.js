// The runbook, at the heading that an alarm led to.
import { markdown } from "./markdown.js";

const answer = await fetch("runbook.md");
document.getElementById("text").replaceChildren(...markdown(await answer.text()));
addEventListener("hashchange", show);
show();

function show() {
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}
