// Makes elements. Text is only ever set as text: nothing that comes as data is read as HTML.
const SVG = "http://www.w3.org/2000/svg";

function made(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((each) => each !== null && each !== undefined));
  return node;
}

export const element = (name, attributes = {}, ...children) =>
  made(document.createElement(name), attributes, children);

export const drawn = (name, attributes = {}, ...children) =>
  made(document.createElementNS(SVG, name), attributes, children);

// A colour of the dashboard's own, if it is one, or one of the page's.
export function colour(asked, place) {
  if (asked && CSS.supports("color", asked)) return asked;
  return `var(--line-${place % 8})`;
}

export function swatch(color) {
  const node = element("i", { class: "swatch" });
  node.style.background = color;
  return node;
}
