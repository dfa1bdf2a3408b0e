// Search and filters.

import { KIND_NAMES } from "./corpus.js";
import { byId, h, swatch } from "./dom.js";
import { full } from "./days.js";

const MOST_HITS = 12;

export function showTools(corpus, state) {
  const { content } = corpus;
  const present = new Set(content.edges[2]);
  const days = content.nodes.day.filter(Boolean).sort();
  const kinds = content.kinds.filter((_, i) => present.has(i));
  const box = (kind) =>
    h("label", { class: "check" },
      h("input", { type: "checkbox", checked: state.kinds.has(kind), onchange: (event) => {
        const kept = new Set(state.kinds);
        if (event.target.checked) kept.add(kind); else kept.delete(kind);
        state.set({ kinds: kept });
      } }), swatch(kind), KIND_NAMES[kind]);
  const counts = new Map();
  for (const site of content.nodes.site) counts.set(site, (counts.get(site) ?? 0) + 1);
  const sites = content.sites.map((name, i) => [name, i, counts.get(i) ?? 0]).slice(1).sort((a, b) => b[2] - a[2]);
  const day = (label, name) =>
    h("label", {}, h("span", {}, label), h("input", { type: "date", min: days[0], max: days[days.length - 1], onchange: (event) => state.set({ [name]: event.target.value }) }));
  const form = byId("tools");
  form.replaceChildren(...[
    search(corpus, state),
    h("fieldset", {}, h("legend", {}, "Links"), kinds.map(box)),
    h("label", {}, h("span", {}, "Site"),
      h("select", { onchange: (event) => state.set({ site: Number(event.target.value) }) },
        h("option", { value: 0 }, `all ${sites.length}`), sites.map(([name, i, n]) => h("option", { value: i }, `${name} (${n})`)))),
    days.length > 1 && h("fieldset", {}, h("legend", {}, "Published"), day("from", "from"), day("to", "to")),
    h("label", { class: "check" }, h("input", { type: "checkbox", onchange: (event) => state.set({ only: event.target.checked }) }), "this story only"),
    h("button", { type: "reset" }, "Reset"),
  ].filter(Boolean));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => state.set({ kinds: new Set(content.kinds), site: 0, from: "", to: "", only: false }));
}

/** A combobox by the ARIA Authoring Practices: the list follows the words, arrows choose, Enter selects. */
function search(corpus, state) {
  let hits = [], at = -1;
  const list = h("ul", { id: "hits", role: "listbox", "aria-label": "Articles found", hidden: true });
  const input = h("input", {
    id: "search", type: "search", role: "combobox", placeholder: "Search titles and sites", autocomplete: "off", spellcheck: "false",
    "aria-label": "Search titles and sites", "aria-expanded": "false", "aria-controls": "hits", "aria-autocomplete": "list",
  });
  const choose = (node) => { close(); input.value = ""; state.select(node); byId("picture").focus({ preventScroll: true }); };
  const close = () => { hits = []; at = -1; draw(); };
  const draw = () => {
    list.replaceChildren(...hits.map((node, i) =>
      h("li", { role: "option", id: `hit-${i}`, "aria-selected": String(i === at), onmousedown: (event) => { event.preventDefault(); choose(node); } },
        h("span", { class: `bead ${corpus.hue(corpus.story(node))}`, "aria-hidden": "true" }), h("span", {}, corpus.title(node)),
        h("span", { class: "when" }, [corpus.day(node) && full(corpus.day(node)), corpus.site(node)].filter(Boolean).join(", ")))));
    if (input.value.trim() && !hits.length && document.activeElement === input) list.replaceChildren(h("li", { class: "none", role: "option", "aria-selected": "false" }, "No title holds these words"));
    list.hidden = !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (at >= 0) input.setAttribute("aria-activedescendant", `hit-${at}`); else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  input.addEventListener("input", () => { hits = corpus.search(input.value, (node) => state.isKept(node), MOST_HITS); at = hits.length ? 0 : -1; draw(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (hits.length) at = (at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length;
      draw();
    } else if (event.key === "Enter" && at >= 0) choose(hits[at]);
    else if (event.key === "Escape") { input.value = ""; close(); input.blur(); }
    else return;
    event.preventDefault();
  });
  return h("div", { class: "search" }, input, list);
}
