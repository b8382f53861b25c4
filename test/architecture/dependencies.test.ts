// DESIGN: core imports core; a plugin imports the root by name, its own folder, and contracts of plugins that its
// manifest lists; machines import the root and plugin entries; nobody imports bin or cli.
import { describe, expect, test } from "vitest";
import type { AnyPlugin, Token } from "backplane";
import { importedNames, load, pluginIds, pluginOf, resolveImport, sources } from "./sources.ts";

const CONTRACT = /^backplane\/plugins\/(.+)\/contract$/;
const isRelative = (specifier: string) => specifier.startsWith(".");
const isBuiltIn = (specifier: string) => specifier.startsWith("node:");

/** Libraries, and the one place each may be imported from. */
const LIBRARIES: Record<string, readonly RegExp[]> = {
  "reflect-metadata": [/^core\/di\/container\.ts$/],
  tsyringe: [/^core\/di\/container\.ts$/],
  cosmiconfig: [/^core\/config\//],
  yaml: [/^core\/config\//],
  "smol-toml": [/^core\/config\//],
  valibot: [
    /^core\/config\//,
    /^core\/host\/host-faults-options\.ts$/,
    /^plugins\/migration\/stream-description\.ts$/,
    /^plugins\/.+\/(options|[a-z-]+-options)\.ts$/,
  ],
  "@valibot/to-json-schema": [/^core\/config\//, /^cli\//],
  commander: [/^cli\//],
  "cli-table3": [/^cli\//],
  picocolors: [/^cli\//],
  koffi: [/^core\/memory\//],
};

const ids = pluginIds();

describe("dependency rule", () => {
  test("core imports core", () => {
    const wrong = sources("core").flatMap(({ file, imports }) =>
      imports
        .filter((specifier) => isRelative(specifier) && !resolveImport(file, specifier).startsWith("core/"))
        .map((specifier) => `${file} → ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test("a plugin imports the root, its own folder and contracts of other plugins", () => {
    const wrong = sources("plugins").flatMap(({ file, imports }) => {
      const own = pluginOf(file, ids);
      return imports
        .filter((specifier) => {
          if (isBuiltIn(specifier) || specifier === "backplane" || specifier in LIBRARIES) return false;
          if (isRelative(specifier)) return own === undefined || pluginOf(resolveImport(file, specifier), ids) !== own;
          return !CONTRACT.test(specifier);
        })
        .map((specifier) => `${file} → ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  test("a plugin's manifest lists a token of every plugin whose contract it takes services from", async () => {
    const wrong: string[] = [];
    const owned = sources("plugins").map((source) => ({ source, owner: pluginOf(source.file, ids) }));
    for (const id of ids) {
      const manifest = ((await load(`plugins/${id}/index.ts`)) as { default: AnyPlugin }).default;
      const listed = new Set<Token<unknown>>([
        ...(manifest.requires ?? []),
        ...(manifest.uses ?? []),
        ...(manifest.provides ?? []),
      ]);
      const own = owned.filter(({ owner }) => owner === id).map(({ source }) => source);
      const contracts = new Set(
        own.flatMap(({ imports }) => imports.flatMap((specifier) => CONTRACT.exec(specifier)?.[1] ?? [])),
      );
      for (const other of contracts) {
        if (other === id) continue;
        const contract = (await load(`plugins/${other}/contract.ts`)) as Record<string, unknown>;
        const tokens = Object.values(contract).filter((value) => typeof value === "symbol");
        const uses = own.some(({ text }) =>
          importedNames(text, `backplane/plugins/${other}/contract`).some((name) => typeof contract[name] === "symbol"),
        );
        if (uses && !tokens.some((token) => listed.has(token))) wrong.push(`${id} → ${other}`);
      }
    }
    expect(wrong).toEqual([]);
    // Alone it loads every plugin there is.
  }, 60_000);

  test("machines import the root and plugin entries", () => {
    const wrong = sources("machines").flatMap(({ file, imports }) =>
      imports
        .filter((specifier) => {
          if (specifier === "backplane" || isBuiltIn(specifier)) return false;
          if (!isRelative(specifier)) return true;
          const target = resolveImport(file, specifier);
          return !target.startsWith("machines/") && !(target.startsWith("plugins/") && target.endsWith("/index.ts"));
        })
        .map((specifier) => `${file} → ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test("nobody imports bin; only bin, tests and benches import cli", () => {
    const wrong = sources("core", "plugins", "machines").flatMap(({ file, imports }) =>
      imports.filter((specifier) => /(^|\/)(bin|cli)\//.test(specifier)).map((specifier) => `${file} → ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test("each library is imported from its own place only", () => {
    const wrong = sources("core", "plugins", "machines", "cli").flatMap(({ file, imports }) =>
      imports
        .filter((specifier) => !isRelative(specifier) && !isBuiltIn(specifier) && !specifier.startsWith("backplane"))
        .filter((specifier) => !(LIBRARIES[specifier] ?? []).some((place) => place.test(file)))
        .map((specifier) => `${file} → ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("names", () => {
  test("a plugin's id is its folder", async () => {
    for (const id of ids) {
      const manifest = ((await load(`plugins/${id}/index.ts`)) as { default: AnyPlugin }).default;
      expect(manifest.id).toBe(id);
    }
  });

  test("what a built-in plugin imports of the package is what a third party may import", async () => {
    const root = await import("backplane");
    const internals = sources("plugins").flatMap(({ file, imports }) =>
      imports.filter((specifier) => /core\//.test(specifier)).map((specifier) => `${file} → ${specifier}`),
    );
    expect(internals).toEqual([]);
    expect(Object.keys(root).length).toBeGreaterThan(0);
  });
});
