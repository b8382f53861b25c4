// Every notifier is declared, is what it declares, and has a test for each kind that it hears. `npm run docs` writes the page.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { HOST_MAPPING_NOTIFIERS, Machine, RAM_BLOCK_NOTIFIERS } from "backplane";
import { build } from "../../cli/run/run.ts";
import { machineTypes } from "../../machines/index.ts";
import { definitionOf } from "../machines/golden-machine.ts";
import { positions, renderNotifiersPage, subscribers } from "./notifiers-page.ts";
import { pluginIds, pluginOf, root, sources } from "./sources.ts";

const METHOD = /\b(ramBlock(Added|Resized|IdstrChanged|MigratableChanged|Removed)|hostMapping(Added|Removed))\b/;

test("docs/notifiers.md is what the manifests say", async () => {
  await expect(renderNotifiersPage(await subscribers())).toMatchFileSnapshot("../../docs/notifiers.md");
});

test("a plugin with a notifier declares it", async () => {
  const ids = pluginIds();
  const declaring = new Set((await subscribers()).map(({ plugin }) => plugin));
  const having = sources("plugins").flatMap(({ file, text }) =>
    METHOD.test(text) ? [pluginOf(file, ids) ?? file] : [],
  );
  expect([...new Set(having)].filter((plugin) => !declaring.has(plugin))).toEqual([]);
});

test("no two subscribers share a name, and each is named after its plugin", async () => {
  const all = await subscribers();
  const names = all.map(({ manifest }) => manifest.name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(
    all.filter(({ plugin, manifest }) => !manifest.name.startsWith(plugin)).map(({ manifest }) => manifest.name),
  ).toEqual([]);
});

/** What a subscriber was seen to have methods for, in some machine. */
type Seen = Map<string, Set<string>>;

/** Builds the machines of all examples, and of each offered plugin with its defaults. */
async function liveMachines(): Promise<readonly (() => Promise<Machine>)[]> {
  const examples = readdirSync(path.join(root, "configs"))
    .filter((name) => name.endsWith(".yaml"))
    .map((file) => async () => (await build(path.join(root, "configs", file))).machine);
  const definition = definitionOf(["-machine", "q35", "-nodefaults"]);
  const offered = (machineTypes.find(({ aliases }) => aliases?.includes("q35"))?.offers ?? []).map(
    ({ id }) =>
      () =>
        Machine.create({ ...definition, options: { [id]: { value: {} } } }, { types: machineTypes }),
  );
  return [...examples, ...offered];
}

/** Notes the subscribers of all those machines. */
async function liveSubscribers(): Promise<Seen> {
  const seen: Seen = new Map();
  const note = (name: string, kinds: readonly string[]): void => {
    const known = seen.get(name) ?? new Set();
    for (const kind of kinds) known.add(kind);
    seen.set(name, known);
  };
  for (const make of await liveMachines()) {
    const machine = await make();
    try {
      for (const { name, hears } of machine.service(RAM_BLOCK_NOTIFIERS).subscriptions()) note(name, hears);
      for (const { name, hears } of machine.service(HOST_MAPPING_NOTIFIERS).subscriptions()) {
        note(
          name,
          hears.map((kind) => `mapping-${kind}`),
        );
      }
    } finally {
      await machine.dispose();
    }
  }
  return seen;
}

test("a live subscriber hears what its manifest says, and nothing else", async () => {
  const seen = await liveSubscribers();
  const declared = new Map(
    (await subscribers()).map(({ manifest }) => [
      manifest.name,
      positions(manifest).flatMap(([kind, position]) => ("does" in position ? [kind] : [])),
    ]),
  );
  for (const [name, kinds] of seen) expect([...kinds].toSorted(), name).toEqual(declared.get(name)?.toSorted());
  // An example in configs/ for each of them.
  expect(
    [...declared.keys()].filter((name) => !seen.has(name)),
    "subscribers that no example has",
  ).toEqual([]);
});

/** Whether a test's text has a story about a kind. Both kinds of mappings may be told of in one. */
function tells(text: string, kind: string): boolean {
  const end = kind.replace("mapping-", "");
  const isInLoop = end !== kind && text.includes("`mapping-${kind}`") && text.includes(`"${end}"`);
  return isInLoop || text.includes(`"${kind}"`);
}

describe("what breaks without a callback", () => {
  const files = readdirSync(path.join(root, "test/plugins"), { recursive: true, encoding: "utf8" })
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => name.endsWith(".test.ts"));

  test("is shown by a test for every kind that a subscriber hears", async () => {
    const missing: string[] = [];
    for (const { plugin, manifest } of await subscribers()) {
      const stories = files
        .filter((name) => name.startsWith(`${plugin}/`))
        .map((name) => readFileSync(path.join(root, "test/plugins", name), "utf8"))
        .filter((text) => text.includes("describeUntold("));
      for (const [kind, position] of positions(manifest)) {
        if (!("does" in position)) continue;
        if (!stories.some((text) => tells(text, kind))) missing.push(`${manifest.name} without '${kind}'`);
      }
    }
    expect(missing).toEqual([]);
  });
});
