// What the reader looks at. Each change tells all parts of the page, which draw themselves anew.

export class State {
  constructor(corpus) {
    this.corpus = corpus;
    this.listeners = [];
    this.story = corpus.content.first;
    this.selected = -1;
    this.kinds = new Set(corpus.content.kinds);
    this.site = 0;
    this.from = "";
    this.to = "";
    this.only = false;
  }

  /** Call `listener` with the names of what changed. */
  watch(listener) { this.listeners.push(listener); }

  set(changes) {
    const names = Object.keys(changes).filter((name) => this[name] !== changes[name]);
    Object.assign(this, changes);
    if (names.length) for (const listener of this.listeners) listener(new Set(names));
  }

  /** Select an article; its story comes with it. */
  select(node) {
    const story = node >= 0 ? this.corpus.story(node) : 0;
    this.set(story ? { selected: node, story } : { selected: node });
  }

  isKept(node) {
    const { corpus } = this;
    if (this.site && corpus.nodes.site[node] !== this.site) return false;
    if (this.only && corpus.story(node) !== this.story) return false;
    const day = corpus.day(node);
    return !((this.from && !(day >= this.from)) || (this.to && !(day && day <= this.to)));
  }

  get isFiltered() { return Boolean(this.site || this.only || this.from || this.to); }

  isKindKept(edge) { return this.kinds.has(this.corpus.kind(edge)); }
}
