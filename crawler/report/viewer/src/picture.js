// The graph on a canvas: positions come with the page, sigma draws them.

import { MultiDirectedGraph } from "graphology";
import Sigma from "sigma";
import { HUES } from "./corpus.js";
import { byId, h, short } from "./dom.js";

const MOST_ARROWS = 4_000; // above, heads of arrows are a smear and cost a second
const MOST_EDGES = 10_000; // above, links between stories cover all else, and show around one article only
const MOST_NAMES = 12;
const LABEL_CHARS = 46, NAME_CHARS = 52;
const NAMES = { wide: { most: 180, char: 7.2, line: 16, least: 70 }, narrow: { most: 112, char: 6.1, line: 13, least: 80 } }; // as in the style sheet

export function showPicture(corpus, state) {
  const container = byId("picture");
  let colours = palette();
  const graph = build(corpus, container.clientWidth);
  const near = new Set();
  let hovered = -1;
  let areas = storyAreas(corpus, state);
  const isCrowded = graph.size > MOST_EDGES;
  let renderer;
  try {
    renderer = new Sigma(graph, container, {
      allowInvalidContainer: true,
      defaultEdgeType: graph.size > MOST_ARROWS ? "line" : "arrow",
      hideEdgesOnMove: graph.size > 20_000,
      labelFont: getComputedStyle(document.body).fontFamily,
      labelSize: 12,
      labelColor: { attribute: "ink" },
      labelDensity: 0.5,
      labelGridCellSize: 140,
      labelRenderedSizeThreshold: 13, // at first the names of the stories stand alone; titles come with the zoom
      minCameraRatio: 0.01,
      maxCameraRatio: 1.6,
      stagePadding: container.clientWidth < 560 ? 26 : 54, // the names of the stories need air
      zIndex: true,
      minEdgeThickness: 1,
      defaultDrawNodeHover: (context, data, settings) => drawHover(context, data, settings, colours),
      nodeReducer: (node, data) => nodeLook(Number(node), data),
      edgeReducer: (edge, data) => edgeLook(Number(edge), data),
    });
  } catch (error) {
    byId("nothing").hidden = false;
    byId("nothing").textContent = "This browser draws no WebGL here; everything stands in the list below.";
    console.warn(String(error));
    return;
  }

  function nodeLook(node, data) {
    if (!state.isKept(node)) return { ...data, hidden: true, label: null };
    const read = corpus.isRead(node);
    const colour = read ? colours[corpus.hue(corpus.story(node))] : colours.named;
    const looked = { ...data, color: colour, ink: colours.ink, zIndex: 1 };
    if (node === state.selected) return { ...looked, highlighted: true, zIndex: 3, size: data.size + 2, forceLabel: true };
    if (near.size && !near.has(node)) return { ...looked, color: colours.faint, label: null, zIndex: 0 };
    if (near.size) return { ...looked, zIndex: 2, forceLabel: near.size < 14 };
    return looked;
  }
  function edgeLook(edge, data) {
    if (!state.isKindKept(edge)) return { ...data, hidden: true };
    const source = corpus.source(edge), target = corpus.target(edge);
    if (!state.isKept(source) || !state.isKept(target)) return { ...data, hidden: true };
    const at = hovered >= 0 ? hovered : state.selected;
    if (source === at || target === at) return { ...data, color: colours.strong[corpus.kind(edge)] ?? colours.ink, size: data.size + 1, zIndex: 2 };
    if (isCrowded && corpus.story(source) !== corpus.story(target)) return { ...data, hidden: true };
    if (at >= 0) return { ...data, color: colours.faintest, zIndex: 0 };
    return { ...data, color: colours.edge[corpus.kind(edge)] ?? colours.faint, zIndex: corpus.kind(edge) === "related" ? 1 : 0 };
  }
  function look() {
    near.clear();
    const at = hovered >= 0 ? hovered : state.selected;
    if (at >= 0) {
      near.add(at);
      for (const edge of corpus.out[at]) if (state.isKindKept(edge)) near.add(corpus.target(edge));
      for (const edge of corpus.in[at]) if (state.isKindKept(edge)) near.add(corpus.source(edge));
    }
    areas = storyAreas(corpus, state);
    renderer.refresh({ skipIndexation: true });
  }

  /** The names of stories that are large enough on the screen to be read about, and not so large that titles are. */
  function drawNames() {
    const boxes = [], names = [];
    const size = container.clientWidth < 560 ? NAMES.narrow : NAMES.wide;
    for (const [story, area] of hovered < 0 && state.selected < 0 ? areas : []) {
      if (names.length >= MOST_NAMES) break;
      const from = renderer.graphToViewport({ x: area.left, y: area.top }), to = renderer.graphToViewport({ x: area.right, y: area.bottom });
      const extent = Math.max(to.x - from.x, to.y - from.y), x = (from.x + to.x) / 2;
      if (extent < size.least || extent > container.clientWidth || to.y < 0 || x < 0 || x > container.clientWidth) continue;
      const name = short(story.title, NAME_CHARS), width = Math.min(size.most, name.length * size.char), half = width / 2;
      const height = Math.ceil((name.length * size.char) / size.most) * size.line;
      const y = Math.max(height / 2 + 4, from.y - 12 - height / 2);
      if (y > container.clientHeight - 8) continue;
      const middle = Math.max(half + 4, Math.min(container.clientWidth - half - 4, x));
      const box = [middle - half, y - height / 2, middle + half, y + height / 2];
      if (boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      boxes.push(box);
      const element = h("span", { class: story.number === state.story ? "is-current" : null }, name);
      element.style.transform = `translate(${middle}px, ${y}px) translate(-50%, -50%)`;
      names.push(element);
    }
    byId("names").replaceChildren(...names);
  }

  function go(target) {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    renderer.getCamera().animate(target, { duration: isCalm ? 0 : 400 });
  }
  /** The middle of a story, and the ratio that shows it whole. */
  function viewOf(number) {
    const nodes = corpus.stories.get(number)?.nodes;
    if (!nodes) return null;
    const points = nodes.map((node) => renderer.getNodeDisplayData(String(node)));
    const xs = points.map((point) => point.x), ys = points.map((point) => point.y);
    const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    return { x: (left + right) / 2, y: (bottom + top) / 2, ratio: Math.min(1, Math.max(0.01, Math.max(right - left, top - bottom) * 1.8)) };
  }
  function goTo(node) {
    const { x, y } = renderer.getNodeDisplayData(String(node));
    go({ x, y, ratio: Math.min(renderer.getCamera().ratio, viewOf(corpus.story(node))?.ratio ?? 0.5) });
  }

  renderer.on("clickNode", ({ node }) => state.select(Number(node)));
  renderer.on("clickStage", () => state.select(-1));
  renderer.on("enterNode", ({ node }) => { hovered = Number(node); container.classList.add("is-over"); look(); });
  renderer.on("leaveNode", () => { hovered = -1; container.classList.remove("is-over"); look(); });
  renderer.on("afterRender", drawNames);
  state.watch((changed) => {
    look();
    const shown = state.isFiltered ? corpus.nodes.title.findIndex((_, node) => state.isKept(node)) >= 0 : true;
    byId("nothing").hidden = shown;
    byId("nothing").textContent = shown ? "" : "Nothing fits these filters.";
    if (changed.has("selected") && state.selected >= 0) goTo(state.selected);
    else if (changed.has("story")) go(viewOf(state.story) ?? {});
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours = palette(); look(); });
  listen(container, corpus, state, renderer, go);
  byId("zoom").replaceChildren(
    ...[["+", "Closer", () => zoom(renderer, go, 0.6)], ["−", "Farther", () => zoom(renderer, go, 1.6)], ["⤢", "Whole picture", () => go({ x: 0.5, y: 0.5, ratio: 1 })]]
      .map(([sign, label, act]) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, sign)),
  );
  drawNames();
  if (isCrowded) byId("graph-hint").append(". Links between stories show once an article is selected.");
  return renderer;
}

function build(corpus, width) {
  const graph = new MultiDirectedGraph();
  const { x, y, rank } = corpus.nodes;
  const most = rank.reduce((a, b) => Math.max(a, b), 0) || 1;
  const unit = Math.max(0.18, Math.min(1, Math.sqrt(140 / corpus.size))) * (width < 560 ? 0.6 : 1);
  for (let node = 0; node < corpus.size; node++) {
    graph.addNode(String(node), { x: x[node], y: y[node], size: (3.2 + 9 * Math.sqrt(rank[node] / most)) * unit, label: short(corpus.title(node), LABEL_CHARS) });
  }
  const [sources, targets, kinds] = corpus.content.edges;
  for (let edge = 0; edge < sources.length; edge++) {
    graph.addDirectedEdgeWithKey(String(edge), String(sources[edge]), String(targets[edge]), { size: corpus.content.kinds[kinds[edge]] === "related" ? 1.4 : 1 });
  }
  return graph;
}

/** Where the stories stand that have something to show, in the units of the graph; `top` is the larger y. */
function storyAreas(corpus, state) {
  const { x, y } = corpus.nodes;
  const areas = [];
  for (const story of corpus.content.stories) {
    const kept = story.nodes.filter((node) => state.isKept(node));
    if (kept.length < 3) continue;
    const area = { left: Infinity, right: -Infinity, top: -Infinity, bottom: Infinity };
    for (const node of kept) {
      area.left = Math.min(area.left, x[node]); area.right = Math.max(area.right, x[node]);
      area.bottom = Math.min(area.bottom, y[node]); area.top = Math.max(area.top, y[node]);
    }
    areas.push([story, area]);
  }
  return areas;
}

const zoom = (renderer, go, factor) => go({ ratio: renderer.getCamera().ratio * factor });

/** The canvas takes wheel and keys only once it has the focus: a page that scrolls must not be caught by it. */
function listen(container, corpus, state, renderer, go) {
  const letScroll = (event) => { if (document.activeElement !== container && !event.ctrlKey && !event.metaKey) event.stopImmediatePropagation(); };
  container.addEventListener("wheel", letScroll, { capture: true });
  container.addEventListener("touchstart", (event) => { if (event.touches.length === 1) event.stopImmediatePropagation(); }, { capture: true });
  container.addEventListener("mousedown", () => container.focus({ preventScroll: true }));
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  const turns = { ArrowDown: 1, ArrowUp: -1 };
  container.addEventListener("keydown", (event) => {
    if (event.key in steps) {
      const nodes = corpus.stories.get(state.story)?.nodes.filter((node) => state.isKept(node)) ?? [];
      if (nodes.length) state.select(nodes[next(nodes.indexOf(state.selected), steps[event.key], nodes.length)]);
    } else if (event.key in turns) {
      const numbers = [...corpus.stories.keys()];
      if (numbers.length) state.set({ selected: -1, story: numbers[next(numbers.indexOf(state.story), turns[event.key], numbers.length)] });
    } else if (event.key === "+" || event.key === "=") zoom(renderer, go, 0.6);
    else if (event.key === "-") zoom(renderer, go, 1.6);
    else if (event.key === "0") go({ x: 0.5, y: 0.5, ratio: 1 });
    else return;
    event.preventDefault();
  });
}

const next = (at, step, size) => (at < 0 ? (step > 0 ? 0 : size - 1) : (at + step + size) % size);

/** The colours of the style sheet, which knows light from dark. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const kinds = ["related", "recommended", "promoted", "inline"];
  return {
    ...Object.fromEntries([...Array(HUES).keys(), "none"].map((i) => [`hue-${i}`, colour(`hue-${i}`)])),
    ink: colour("ink"), card: colour("card"), line: colour("line"), named: colour("named"), faint: colour("faint"), faintest: colour("faintest"),
    edge: Object.fromEntries(kinds.map((kind) => [kind, colour(`edge-${kind}`)])),
    strong: Object.fromEntries(kinds.map((kind) => [kind, colour(`kind-${kind}`)])),
  };
}

function drawHover(context, data, settings, colours) {
  context.beginPath();
  context.arc(data.x, data.y, data.size + 3, 0, Math.PI * 2);
  context.lineWidth = 2;
  context.strokeStyle = colours.ink;
  context.stroke();
  if (!data.label) return;
  context.font = `600 ${settings.labelSize}px ${settings.labelFont}`;
  const width = context.measureText(data.label).width + 14;
  const x = data.x + data.size + 7, y = data.y - 12;
  context.fillStyle = colours.card;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x, y, width, 24, 6);
  context.fill();
  context.stroke();
  context.fillStyle = colours.ink;
  context.fillText(data.label, x + 7, data.y + settings.labelSize / 3);
}
