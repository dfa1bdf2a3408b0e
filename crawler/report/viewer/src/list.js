// Everything as text: stories and their articles, filtered as the graph is. A story is filled in when it is opened.

import { byId, count, h, pageLink } from "./dom.js";
import { full, span } from "./days.js";

const MOST_STORIES = 300, MOST_ROWS = 1000;

export function showList(corpus, state) {
  const draw = () => {
    const alone = [];
    for (let node = 0; node < corpus.size; node++) if (!corpus.story(node) && state.isKept(node)) alone.push(node);
    const stories = corpus.content.stories
      .map((story) => ({ story, nodes: story.nodes.filter((node) => state.isKept(node)) }))
      .filter(({ nodes }) => nodes.length);
    const kept = stories.reduce((total, { nodes }) => total + nodes.length, alone.length);
    byId("list-hint").textContent = state.isFiltered ? `${count(kept, "article")} as filtered above` : count(kept, "article");
    const parts = stories.slice(0, MOST_STORIES).map(({ story, nodes }) => part(corpus, state, story.title, span(story.first, story.last), nodes, story.number));
    if (stories.length > MOST_STORIES) parts.push(h("p", { class: "hint" }, `and ${count(stories.length - MOST_STORIES, "smaller story", "smaller stories")}; search or filter to see them`));
    if (alone.length) parts.push(part(corpus, state, "In no story", "related to nothing that was found", alone, 0));
    byId("everything").replaceChildren(...parts);
  };
  state.watch((changed) => {
    if (["site", "from", "to", "only"].some((name) => changed.has(name)) || (state.only && changed.has("story"))) draw();
  });
  draw();
  window.addEventListener("beforeprint", () => document.querySelectorAll("#everything details, #timeline details").forEach((details) => {
    details.open = true;
    details.dispatchEvent(new Event("toggle")); // the browser's own comes after the print
  }));
}

function part(corpus, state, title, when, nodes, number) {
  const details = h("details", {},
    h("summary", {}, h("span", { class: `bead ${corpus.hue(number)}`, "aria-hidden": "true" }), h("span", { class: "title" }, title), " ",
      h("span", { class: "when" }, `${count(nodes.length, "article")}, ${when}`)));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    details.append(h("ul", {}, nodes.slice(0, MOST_ROWS).map((node) =>
      h("li", {}, h("time", { datetime: corpus.day(node) }, corpus.day(node) ? full(corpus.day(node)) : "no date"),
        h("div", {}, pageLink(corpus.url(node), corpus.title(node)), h("span", { class: "when" }, about(corpus, node), " · ",
          h("button", { type: "button", class: "link", "aria-label": `show its links: ${corpus.title(node)}`, onclick: () => { state.select(node); byId("graph").scrollIntoView({ block: "start" }); } }, "show its links")))))),
      ...(nodes.length > MOST_ROWS ? [h("p", { class: "hint" }, `and ${count(nodes.length - MOST_ROWS, "more", "more")}`)] : []));
  });
  return details;
}

function about(corpus, node) {
  const named = corpus.in[node].length, names = corpus.out[node].length;
  return [corpus.site(node), corpus.isRead(node) ? null : "not read", `named by ${named}, names ${names}`].filter(Boolean).join(" · ");
}
