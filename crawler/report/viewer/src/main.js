// report.html: the story first, then the graph, the numbers, and everything as a list.

import { showCharts } from "./charts.js";
import { Corpus } from "./corpus.js";
import { full } from "./days.js";
import { byId, count } from "./dom.js";
import { showList } from "./list.js";
import { showPanel } from "./panel.js";
import { showPicture } from "./picture.js";
import { State } from "./state.js";
import { showStory } from "./story.js";
import { showTools } from "./tools.js";

const started = performance.now();
const corpus = new Corpus(JSON.parse(byId("content").textContent));
const state = new State(corpus);
const { content } = corpus;
const asked = Number(/^#story-(\d+)$/.exec(location.hash)?.[1]);
if (corpus.stories.has(asked)) state.story = asked;

byId("kicker").textContent = `Related stories in ${content.folders.join(", ")}`;
const [nodes, edges] = content.totals;
const [drawnNodes, drawnEdges] = [corpus.size, content.edges[0].length];
byId("graph-hint").textContent = drawnNodes < nodes || drawnEdges < edges
  ? `The ${count(drawnNodes, "article")} that matter most of ${nodes.toLocaleString("en")}, with ${count(drawnEdges, "link")} of ${edges.toLocaleString("en")}; the exported graph holds them all.`
  : `${count(nodes, "article")}, ${count(edges, "link")}`;
byId("footer").textContent = content.as_of ? `As crawled until ${full(content.as_of.slice(0, 10))}. This page is one file and asks nobody for anything.` : "";

showStory(corpus, state);
showTools(corpus, state);
showPanel(corpus, state);
showCharts(corpus);
showList(corpus, state);
const renderer = showPicture(corpus, state);

state.watch((changed) => {
  if (changed.has("story") && state.story) history.replaceState(null, "", `#story-${state.story}`);
});
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "Escape" && !typing) state.select(-1);
});

const ready = () => { document.documentElement.dataset.ready = `nodes=${drawnNodes} edges=${drawnEdges} ms=${Math.round(performance.now() - started)}`; };
if (renderer) requestAnimationFrame(() => requestAnimationFrame(ready)); else ready();
