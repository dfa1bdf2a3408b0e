// What the page holds, as questions one may ask of it. Nodes are their places in the columns.

export const HUES = 8; // colours of stories; neighbours in the picture differ, distant ones may share one

export const KIND_NAMES = {
  related: "related", recommended: "recommended", promoted: "promoted", inline: "in the text",
  feed: "a feed", sitemap: "a sitemap", seed: "a seed", redirect: "a redirect", canonical: "a canonical address",
};

export class Corpus {
  constructor(content) {
    this.content = content;
    this.nodes = content.nodes;
    this.size = content.nodes.title.length;
    this.stories = new Map(content.stories.map((story) => [story.number, story]));
    for (const story of content.stories) {
      const days = story.nodes.map((node) => this.day(node)).filter(Boolean).sort();
      story.first = days[0] ?? null;
      story.last = days[days.length - 1] ?? null;
    }
    this.out = Array.from({ length: this.size }, () => []);
    this.in = Array.from({ length: this.size }, () => []);
    const [sources, targets] = content.edges;
    for (let edge = 0; edge < sources.length; edge++) {
      this.out[sources[edge]].push(edge);
      this.in[targets[edge]].push(edge);
    }
    this.folded = content.nodes.title.map((title, node) => fold(`${title ?? ""} ${this.site(node) ?? ""}`));
  }

  title(node) { return this.nodes.title[node] ?? this.nodes.url[node] ?? "An article without a title"; }
  url(node) { return this.nodes.url[node]; }
  day(node) { return this.nodes.day[node]; }
  site(node) { return this.content.sites[this.nodes.site[node]]; }
  section(node) { return this.content.sections[this.nodes.section[node]]; }
  summary(node) {
    return this.nodes.summary[node] ?? (this.isRead(node) ? "The page gives no summary." : "Named by other articles, not read itself.");
  }
  /** Since when its page is no longer there; undefined where it is, as far as anybody asked. */
  gone(node) { return this.nodes.gone[node]; }
  state(node) { return this.content.states[this.nodes.state[node]]; }
  isRead(node) { return this.state(node) === "article"; }
  story(node) { return this.nodes.story[node]; }
  kind(edge) { return this.content.kinds[this.content.edges[2][edge]]; }
  rank(edge) { return this.content.edges[3][edge]; }
  heading(edge) { return this.content.headings[this.content.edges[4][edge]]; }
  source(edge) { return this.content.edges[0][edge]; }
  target(edge) { return this.content.edges[1][edge]; }
  hue(number) { return number ? `hue-${(number - 1) % HUES}` : "hue-none"; }

  /** From what the crawl started with to the node: nodes and, first of all, maybe an address. */
  way(node) {
    const steps = [];
    const seen = new Set();
    let at = node;
    while (at >= 0 && !seen.has(at)) {
      seen.add(at);
      const kind = this.nodes.via_kind[at];
      steps.unshift({ node: at, kind: kind < 0 ? null : this.content.kinds[kind] });
      if (this.nodes.via[at] < 0 && this.nodes.via_url[at]) steps.unshift({ url: this.nodes.via_url[at] });
      at = this.nodes.via[at];
    }
    return steps;
  }

  /** The best matches of a search, best first: words of the title or site, all of them. */
  search(query, isKept, most) {
    const words = fold(query).split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (let node = 0; node < this.size; node++) {
      if (isKept(node) && words.every((word) => this.folded[node].includes(word))) found.push(node);
    }
    return found.sort((a, b) => this.nodes.rank[b] - this.nodes.rank[a]).slice(0, most);
  }
}

/** Without case and accents, so that a search for "sao" finds "São". */
export const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
