// What every bundle of this repository shares: the package imports itself by name, as a third party would,
// and legacy decorators carry the injection metadata that tsyringe reads.
import { builtinModules } from "node:module";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");

const selfName = {
  name: "backplane-self-name",
  resolveId(source) {
    if (source === "backplane") return path.join(root, "core/index.ts");
    if (source === "backplane/config") return path.join(root, "core/config/read.ts");
    if (source === "backplane/kit") return path.join(root, "test/kit/index.ts");
    if (source === "backplane/kit/conformance") return path.join(root, "test/kit/ram-block-notifier-conformance.ts");
    const contract = /^backplane\/plugins\/(.+)\/contract$/.exec(source);
    return contract ? path.join(root, "plugins", contract[1], "contract.ts") : undefined;
  },
};

/**
 * Built-in modules that most runs never use and that cost a millisecond or two to load each: the bundle loads them when
 * the first of their members is touched.
 */
const RARELY_USED = ["child_process", "crypto", "dns", "dns/promises", "fs/promises"].map((name) => `node:${name}`);

export const lazyBuiltIns = {
  name: "backplane-lazy-built-ins",
  resolveId: (source, importer) =>
    RARELY_USED.includes(source) && !importer?.startsWith("\0lazy:") ? `\0lazy:${source}` : undefined,
  load(id) {
    if (!id.startsWith("\0lazy:")) return undefined;
    const name = id.slice("\0lazy:".length);
    const members = Object.keys(process.getBuiltinModule(name)).filter(
      (key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== "default",
    );
    return [
      `let loaded;`,
      `const load = () => (loaded ??= process.getBuiltinModule(${JSON.stringify(name)}));`,
      `const member = (key) => new Proxy(function () {}, {`,
      `  get: (_, property) => load()[key][property],`,
      `  apply: (_, self, given) => Reflect.apply(load()[key], self, given),`,
      `  construct: (_, given) => Reflect.construct(load()[key], given),`,
      `});`,
      `export default new Proxy({}, { get: (_, key) => load()[key] });`,
      ...members.map((key) => `export const ${key} = /* @__PURE__ */ member(${JSON.stringify(key)});`),
    ].join("\n");
  },
};

/** Options for rolldown(); `external` adds to Node's built-ins and to koffi, which is native and optional. */
export function bundleOptions({ input, external = [], plugins = [] }) {
  const outside = new Set([...builtinModules, ...builtinModules.map((m) => `node:${m}`), "koffi", ...external]);
  return {
    input,
    platform: "node",
    cwd: root,
    tsconfig: path.join(root, "tsconfig.json"),
    // Asked before the plugins are, so what they answer must not be in it.
    external: (id) => outside.has(id) && !(plugins.includes(lazyBuiltIns) && RARELY_USED.includes(id)),
    plugins: [selfName, ...plugins],
    logLevel: "warn",
  };
}
