// Elements from words. Text only ever becomes text nodes: titles and teasers are hostile.

export const byId = (id) => document.getElementById(id);

/** An element; `on*` attributes are listeners, null and false leave an attribute out. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A link to an article; an address that is not http(s) stays text. */
export function pageLink(url, text, className) {
  if (!/^https?:\/\//i.test(url ?? "")) return h("span", { class: className }, text);
  return h("a", { class: className, href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, text);
}

export const swatch = (name) => h("span", { class: `swatch ${name}`, "aria-hidden": "true" });

export const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const short = (text, length) => (text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text);
