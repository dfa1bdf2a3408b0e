// The numbers of the crawl as small charts; each is a table to those who do not see it.

import { byId, count, h, s } from "./dom.js";
import { DAY_MS, brief, dayOf, full, month, ms, span } from "./days.js";

const MOST_COLUMNS = 48;

export function showCharts(corpus) {
  const { charts } = corpus.content;
  byId("charts").replaceChildren(
    ...[
      charts.days.length > 0 && columns("When the articles were published", charts.days),
      charts.sites.length > 0 && bars("Articles by site", charts.sites),
      charts.kinds.length > 0 && bars("Links by kind", charts.kinds, (kind) => `swatch-${kind}`),
      charts.outcomes.length > 0 && bars(`What became of ${count(charts.requests || sum(charts.outcomes), "request")}`, charts.outcomes),
    ].filter(Boolean),
  );
}

const sum = (rows) => rows.reduce((total, [, n]) => total + n, 0);

function bars(caption, rows, hue = () => "") {
  const most = Math.max(...rows.map(([, n]) => n));
  return h("table", { class: "bars" }, h("caption", {}, caption), h("tbody", {}, rows.map(([name, n]) => {
    const bar = h("span", { class: `bar ${hue(name)}` });
    bar.style.width = `${Math.max(1, (100 * n) / most)}%`; // through the object model: the policy forbids the attribute
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, bar), h("td", { class: "n" }, n.toLocaleString("en")));
  })));
}

/** A column a day; a week, a month or a year where days are too many. */
function columns(caption, rows) {
  const first = ms(rows[0][0]), last = ms(rows[rows.length - 1][0]);
  const days = (last - first) / DAY_MS + 1;
  const [unit, key] = days <= MOST_COLUMNS ? ["day", (day) => day]
    : days <= MOST_COLUMNS * 7 ? ["week", (day) => dayOf(ms(day) - ((new Date(ms(day)).getUTCDay() + 6) % 7) * DAY_MS)]
    : days <= MOST_COLUMNS * 31 ? ["month", (day) => `${day.slice(0, 7)}-01`] : ["year", (day) => `${day.slice(0, 4)}-01-01`];
  const counted = new Map();
  for (const [day, n] of rows) counted.set(key(day), (counted.get(key(day)) ?? 0) + n);
  const keys = [];
  for (let at = first; at <= last; at += DAY_MS) { const k = key(dayOf(at)); if (keys[keys.length - 1] !== k) keys.push(k); }
  const most = Math.max(...counted.values());
  const width = 100 / keys.length;
  const label = unit === "month" ? month : unit === "year" ? (day) => day.slice(0, 4) : full;
  return h("figure", { class: "columns" },
    h("figcaption", {}, `${caption}, by ${unit}`),
    s("svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none", role: "img", "aria-label": `${count(sum(rows), "article")}, ${span(rows[0][0], rows[rows.length - 1][0])}; most in one ${unit}: ${most}` },
      keys.filter((k) => counted.has(k)).map((k) => {
        const height = (38 * counted.get(k)) / most;
        return s("rect", { class: "column", x: keys.indexOf(k) * width + width * 0.1, width: width * 0.8, y: 40 - height, height }, s("title", {}, `${label(k)}: ${counted.get(k)}`));
      })),
    h("p", { class: "axis" }, h("span", {}, unit === "day" ? brief(keys[0]) : label(keys[0])), h("span", {}, `most: ${most} a ${unit}`), h("span", {}, label(keys[keys.length - 1]))));
}
