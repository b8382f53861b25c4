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
    const contract = /^backplane\/plugins\/(.+)\/contract$/.exec(source);
    return contract ? path.join(root, "plugins", contract[1], "contract.ts") : undefined;
  },
};

/** Options for rolldown(); `external` adds to Node's built-ins and to koffi, which is native and optional. */
export function bundleOptions({ input, external = [] }) {
  const outside = new Set([...builtinModules, ...builtinModules.map((m) => `node:${m}`), "koffi", ...external]);
  return {
    input,
    platform: "node",
    cwd: root,
    tsconfig: path.join(root, "tsconfig.json"),
    external: (id) => outside.has(id),
    plugins: [selfName],
    logLevel: "warn",
  };
}
