// The story in the order of time: headline, a strip of its days, and its articles; beside it the other stories.

import { byId, count, h, pageLink, s, short } from "./dom.js";
import { DAY_MS, brief, full, month, ms, silence, span } from "./days.js";

const FIRST_ARTICLES = 40, FIRST_STORIES = 12, MORE_STORIES = 200;
const SILENT_DAYS = 21;
const MOST_LANES = 5;

export function showStory(corpus, state) {
  let shown = FIRST_ARTICLES;
  const draw = () => {
    const story = corpus.stories.get(state.story);
    byId("headline").textContent = story?.title ?? "No stories yet";
    byId("timeline").replaceChildren();
    byId("more-of-story").replaceChildren();
    byId("strip").replaceChildren();
    if (!story) {
      byId("facts").textContent = corpus.size
        ? "None of the articles names another as related. The graph below shows what they link to."
        : "This folder holds no articles yet.";
      return;
    }
    const sites = new Set(story.nodes.map((node) => corpus.site(node)).filter(Boolean));
    const read = story.nodes.filter((node) => corpus.isRead(node)).length;
    byId("facts").replaceChildren(
      ...[
        `${count(story.nodes.length, "article")} from ${count(sites.size, "site")}`,
        span(story.first, story.last),
        read < story.nodes.length ? `${count(story.nodes.length - read, "is", "are")} only named by the others` : null,
        story.sections.length ? story.sections.map(([name]) => short(name, 30)).slice(0, 3).join(", ") : null,
      ].filter(Boolean).map((text) => h("span", {}, text)),
    );
    byId("strip").replaceChildren(strip(corpus, state, story, byId("strip").clientWidth));
    byId("timeline").replaceChildren(...articles(corpus, state, story.nodes.slice(0, shown)));
    const rest = story.nodes.length - shown;
    if (rest > 0) {
      byId("more-of-story").replaceChildren(
        h("button", { type: "button", onclick: () => { shown = Infinity; draw(); } }, `Show ${count(rest, "later article")}`),
      );
    }
  };
  state.watch((changed) => {
    if (changed.has("story")) { shown = FIRST_ARTICLES; draw(); }
    else if (changed.has("selected")) mark(state);
  });
  new ResizeObserver(() => {
    const story = corpus.stories.get(state.story);
    if (story) byId("strip").replaceChildren(strip(corpus, state, story, byId("strip").clientWidth));
  }).observe(byId("strip"));
  draw();
  showStories(corpus, state);
}

function mark(state) {
  for (const element of document.querySelectorAll("[data-node]")) {
    element.classList.toggle("is-selected", Number(element.dataset.node) === state.selected);
  }
}

/** Lanes of sites over the days; a dot is an article. */
function strip(corpus, state, story, width) {
  const dated = story.nodes.filter((node) => corpus.day(node));
  if (dated.length < 2 || story.first === story.last || width < 100) return h("span");
  const bySite = new Map();
  for (const node of dated) bySite.set(corpus.site(node), [...(bySite.get(corpus.site(node)) ?? []), node]);
  let lanes = [...bySite].sort((a, b) => b[1].length - a[1].length);
  if (lanes.length > MOST_LANES) {
    const rest = lanes.slice(MOST_LANES - 1);
    lanes = [...lanes.slice(0, MOST_LANES - 1), [`${rest.length} other sites`, rest.flatMap(([, nodes]) => nodes)]];
  }
  const left = width < 560 ? 0 : 132, lane = width < 560 ? 34 : 24, top = width < 560 ? 16 : 8;
  const height = top + lanes.length * lane + 22;
  const start = ms(story.first), end = ms(story.last);
  const x = (day) => left + 8 + ((ms(day) - start) / (end - start)) * (width - left - 16);
  const root = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Days of the ${dated.length} dated articles, a row a site` });
  for (const [at, label] of ticks(start, end, (width - left) / 90)) {
    root.append(
      s("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: height - 18 }),
      s("text", { class: "tick", x: x(at), y: height - 4, "text-anchor": x(at) > width - 40 ? "end" : x(at) < left + 40 ? "start" : "middle" }, label),
    );
  }
  lanes.forEach(([site, nodes], row) => {
    const y = top + row * lane + lane / 2;
    root.append(
      s("line", { class: "lane", x1: left, x2: width, y1: y, y2: y }),
      s("text", { class: "site", x: 0, y: left ? y + 4 : y - 9 }, short(site ?? "no site", left ? 19 : 40)),
    );
    for (const node of nodes) {
      root.append(
        s("circle", {
          class: `dot ${corpus.isRead(node) ? corpus.hue(story.number) : "is-named"} ${node === state.selected ? "is-selected" : ""}`,
          "data-node": node, cx: x(corpus.day(node)), cy: y, r: 5.5, onclick: () => state.select(node),
        }, s("title", {}, `${full(corpus.day(node))}: ${corpus.title(node)}`)),
      );
    }
  });
  return root;
}

/** Firsts of months or years, at most so many. */
function ticks(start, end, most) {
  const months = [];
  for (let at = new Date(start); ;) {
    at = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
    if (at.getTime() > end) break;
    months.push(at.toISOString().slice(0, 10));
  }
  const years = months.filter((day) => day.endsWith("-01-01"));
  const step = (days, label) => days.filter((_, i) => i % Math.ceil(days.length / most) === 0).map((day) => [day, label(day)]);
  if (!months.length) return [[new Date(start).toISOString().slice(0, 10), full(new Date(start).toISOString().slice(0, 10))]];
  return months.length > 18 && years.length ? step(years, (day) => day.slice(0, 4)) : step(months, month);
}

function articles(corpus, state, nodes) {
  const rows = [];
  let before = null;
  for (const node of nodes) {
    const day = corpus.day(node);
    const silent = day && before ? Math.round((ms(day) - ms(before)) / DAY_MS) : 0;
    if (silent >= SILENT_DAYS) rows.push(h("li", { class: "silence" }, `${silence(silent)} of silence`));
    const newYear = day && day.slice(0, 4) !== before?.slice(0, 4);
    const sameDay = day && day === before;
    rows.push(
      h("li", { class: `article ${corpus.isRead(node) ? "" : "is-named"} ${node === state.selected ? "is-selected" : ""}`, "data-node": node },
        h("time", { datetime: day, class: sameDay ? "is-same" : null }, day ? (newYear ? full(day) : brief(day)) : "no date"),
        h("span", { class: `bead ${corpus.hue(corpus.story(node))}`, "aria-hidden": "true" }),
        h("details", {},
          h("summary", {}, h("span", { class: "title" }, corpus.title(node)), " ", h("span", { class: "site" }, corpus.site(node) ?? ""),
            corpus.gone(node) && h("span", { class: "site" }, ` · page gone since ${full(corpus.gone(node))}`)),
          h("p", {}, corpus.summary(node)),
          h("p", { class: "actions" },
            pageLink(corpus.url(node), "Read the article ↗"),
            h("button", { type: "button", onclick: () => { state.select(node); byId("graph").scrollIntoView({ block: "start" }); } }, "Show its links"),
          ),
        ),
      ),
    );
    if (day) before = day;
  }
  return rows;
}

function showStories(corpus, state) {
  const all = corpus.content.stories;
  let shown = FIRST_STORIES;
  const draw = () => {
    const rows = all.slice(0, shown).map((story) =>
      h("li", {},
        h("button", { type: "button", "aria-current": story.number === state.story ? "true" : null, onclick: () => open(state, story.number) },
          h("span", { class: `bead ${corpus.hue(story.number)}`, "aria-hidden": "true" }),
          h("span", { class: "name" }, story.title),
          h("span", { class: "when" }, `${count(story.nodes.length, "article")}, ${span(story.first, story.last)}`),
        ),
      ),
    );
    if (shown < all.length) {
      rows.push(h("li", {}, h("button", { type: "button", class: "more", onclick: () => { shown += MORE_STORIES; draw(); } }, `Show more of ${all.length.toLocaleString("en")}`)));
    }
    byId("stories").replaceChildren(...rows);
    byId("stories-title").textContent = all.length === 1 ? "The only story" : `${all.length.toLocaleString("en")} stories`;
  };
  state.watch((changed) => { if (changed.has("story")) draw(); });
  draw();
}

/** Turn the page to a story. */
export function open(state, number) {
  state.set({ story: number, selected: -1 });
  byId("story").scrollIntoView({ block: "start" });
}
