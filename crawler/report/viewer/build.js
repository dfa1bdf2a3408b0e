// Bundles src/ into viewer.js, with the notices that the licences of the bundled libraries ask for.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const LIBRARIES = ["sigma", "graphology", "graphology-utils", "events"];
const notices = LIBRARIES.map((name) => {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  const licence = ["LICENSE.txt", "LICENSE"]
    .map((file) => { try { return readFileSync(`node_modules/${name}/${file}`, "utf8"); } catch { return null; } })
    .find((text) => text !== null);
  if (!licence) throw new Error(`${name} brings no licence`);
  return `${name} ${version}\n\n${licence.trim()}`;
}).join("\n\n----\n\n");

// a test compares it with the sources, so that no change of them is forgotten here
const sources = createHash("sha256");
for (const name of readdirSync("src").sort()) sources.update(readFileSync(`src/${name}`));

await build({
  entryPoints: ["src/main.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  legalComments: "none",
  banner: { js: `/*! Built from sources ${sources.digest("hex")}\n\nBundled with this page:\n\n${notices.replaceAll("*/", "* /")}\n*/` },
  outfile: "viewer.js",
});
