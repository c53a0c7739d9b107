// The part of Markdown that text widgets use, made into elements and never into HTML.
import { element } from "./elements.js";

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*|\[[^\]]+\]\([^)\s]+\))/;

function inline(text) {
  return text.split(INLINE).filter(Boolean).map((part) => {
    if (part.startsWith("`")) return element("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return element("strong", {}, part.slice(2, -2));
    const link = part.match(/^\[([^\]]+)\]\(([^)\s]+)\)$/);
    if (link) {
      if (link[2].startsWith("#")) return element("a", { href: link[2] }, link[1]);
      // Only the web, so that no link can run anything.
      if (!/^https?:\/\//.test(link[2])) return document.createTextNode(link[1]);
      return element("a", { href: link[2], target: "_blank", rel: "noreferrer noopener" }, link[1]);
    }
    if (/^\*[^*]+\*$/.test(part)) return element("em", {}, part.slice(1, -1));
    return document.createTextNode(part);
  });
}

const cells = (line) => line.replace(/^\s*\||\|\s*$/g, "").split("|").map((each) => each.trim());

function table(lines) {
  const rows = lines.filter((line) => !/^\s*\|?\s*:?-+/.test(line));
  return element("table", {}, ...rows.map((line, place) => element("tr", {},
    ...cells(line).map((cell) => element(place === 0 ? "th" : "td", {}, ...inline(cell))))));
}

// As the places where documents are kept name a heading.
const anchor = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");

const item = (line) => element("li", {}, ...inline(line.replace(/^\s*(?:[-*]|\d+\.)\s+/, "")));
const isItem = (line) => /^\s*(?:[-*]|\d+\.)\s+/.test(line);
const isRow = (line) => /^\s*\|/.test(line);
const isFence = (line) => line.startsWith("```");
const isHeading = (line) => /^#{1,6}\s/.test(line);

export function markdown(source) {
  const made = [];
  const lines = source.split("\n");
  const while_ = (wanted) => {
    const found = [];
    while (lines.length && wanted(lines[0])) found.push(lines.shift());
    return found;
  };
  while (lines.length) {
    const line = lines[0];
    if (!line.trim()) lines.shift();
    else if (isFence(line)) {
      lines.shift();
      made.push(element("pre", { class: "query" }, while_((each) => !isFence(each)).join("\n")));
      lines.shift();
    } else if (isHeading(line)) {
      const level = Math.min(line.match(/^#+/)[0].length, 3);
      const text = lines.shift().replace(/^#+\s+/, "");
      made.push(element(`h${level}`, { id: anchor(text) }, ...inline(text)));
    } else if (isRow(line)) made.push(table(while_(isRow)));
    else if (isItem(line)) made.push(element("ul", {}, ...while_(isItem).map(item)));
    else {
      const text = while_((each) => each.trim() && !isHeading(each) && !isRow(each) && !isItem(each) && !isFence(each));
      made.push(element("p", {}, ...inline(text.join(" "))));
    }
  }
  return made;
}
