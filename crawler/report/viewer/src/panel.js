// The article that is selected: what it says, who names it, whom it names, and how the crawl came to it.

import { KIND_NAMES } from "./corpus.js";
import { byId, count, h, pageLink, short, swatch } from "./dom.js";
import { full, span } from "./days.js";
import { open } from "./story.js";

const MOST_LINKS = 25;

export function showPanel(corpus, state) {
  const draw = () => {
    const panel = byId("panel");
    const node = state.selected;
    if (node < 0) {
      panel.replaceChildren(...overview(corpus, state));
      return;
    }
    const story = corpus.stories.get(corpus.story(node));
    panel.replaceChildren(
      h("button", { type: "button", class: "close", "aria-label": "Let go of the article", onclick: () => state.select(-1) }, "×"),
      h("p", { class: "facts" },
        ...[corpus.day(node) ? full(corpus.day(node)) : "no date", corpus.site(node), corpus.section(node) && short(corpus.section(node), 40),
          corpus.gone(node) && `page gone since ${full(corpus.gone(node))}`]
          .filter(Boolean).map((text) => h("span", {}, text))),
      h("h3", {}, pageLink(corpus.url(node), corpus.title(node))),
      h("p", {}, corpus.summary(node)),
      story && h("p", { class: "in-story" },
        h("span", { class: `bead ${corpus.hue(story.number)}`, "aria-hidden": "true" }), "Story: ",
        h("button", { type: "button", class: "link", onclick: () => open(state, story.number) }, story.title)),
      ...links(corpus, state, node),
      ...way(corpus, state, node),
    );
    panel.scrollTop = 0;
  };
  state.watch((changed) => { if (changed.has("selected") || changed.has("kinds") || (changed.has("story") && state.selected < 0)) draw(); });
  draw();
}

function overview(corpus, state) {
  const story = corpus.stories.get(state.story);
  const rows = corpus.content.stories.slice(0, 8);
  return [
    h("h3", {}, "Choose an article"),
    h("p", {}, "Each dot is an article, the larger the more others link to it; its colour is its story."),
    h("ul", { class: "legend" }, rows.map((row) =>
      h("li", {}, h("button", { type: "button", class: "link", "aria-pressed": String(row === story), onclick: () => state.set({ story: row.number }) },
        h("span", { class: `bead ${corpus.hue(row.number)}`, "aria-hidden": "true" }), h("span", {}, short(row.title, 70)),
        h("span", { class: "when" }, `${count(row.nodes.length, "article")}, ${span(row.first, row.last)}`))))),
    h("p", { class: "hint" }, "Grey dots are named by other pages and were not read."),
  ];
}

function links(corpus, state, node) {
  const groups = [
    ["Names", corpus.out[node], (edge) => corpus.target(edge)],
    ["Named by", corpus.in[node], (edge) => corpus.source(edge)],
  ];
  return groups.map(([label, edges, end]) => {
    const kept = edges.filter((edge) => state.isKindKept(edge)).sort((a, b) => corpus.content.edges[2][a] - corpus.content.edges[2][b] || corpus.rank(a) - corpus.rank(b));
    if (!kept.length) return h("div", { class: "links" }, h("h4", {}, label), h("p", { class: "hint" }, "nothing that is shown"));
    const rows = kept.slice(0, MOST_LINKS).map((edge) => {
      const heading = corpus.heading(edge);
      return h("li", {},
        h("span", { class: "kind" }, swatch(corpus.kind(edge)), KIND_NAMES[corpus.kind(edge)], heading ? [" · “", short(heading, 40), "”"] : null),
        h("button", { type: "button", class: "link", onclick: () => state.select(end(edge)) }, corpus.title(end(edge))));
    });
    return h("div", { class: "links" }, h("h4", {}, `${label} ${count(kept.length, "article")}`), h("ul", {}, rows),
      kept.length > MOST_LINKS && h("p", { class: "hint" }, `and ${count(kept.length - MOST_LINKS, "more", "more")}`));
  });
}

function way(corpus, state, node) {
  const steps = corpus.way(node);
  if (steps.length === 1 && steps[0].kind === null) return [];
  return [
    h("h4", {}, "How the crawl came here"),
    h("ol", { class: "way" }, steps.map(({ node: at, url, kind }) => {
      if (at === undefined) return h("li", {}, pageLink(url, short(url, 60)));
      const how = kind ? h("span", { class: "kind" }, kind === "seed" ? "a seed: " : `${KIND_NAMES[kind]}: `) : null;
      return h("li", {}, how, at === node ? h("strong", {}, "this article") : h("button", { type: "button", class: "link", onclick: () => state.select(at) }, corpus.title(at)));
    })),
  ];
}
