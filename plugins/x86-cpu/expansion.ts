// What a model comes to, as the peer tells it. Loaded when somebody asks.
import type { JsonObject, JsonValue } from "backplane";
import { ALIASES, DESCRIPTIONS, ORDER, rows } from "./catalogue.ts";
import { featureFaults } from "./missing-features.ts";
import { modelValues } from "./model-values.ts";
import { cpuProperties, FEATURES, FEATURE_ALIASES } from "./properties.ts";
import { typeNameOf } from "./type-name.ts";

const HOST = "host";
/** What copies the host, or everything, is another thing on another host. */
const UNSAFE: readonly string[] = ["max", HOST];
const BASE = "base";
/** The only one whose meaning never changes. */
const STATIC = BASE;

/** Values that no model changes, of properties whose default is another one. */
const COMPUTED: { readonly [property: string]: JsonValue } = {
  "lbr-fmt": 18446744073709551552n,
  lbr_fmt: 18446744073709551552n,
  memory: "/machine/unattached/system[0]",
  "hv-vendor-id": "",
  "tsc-frequency": 0,
  realized: false,
  "legacy-multi-node": false,
};
const NUMBERS: readonly string[] = [
  "family",
  "model",
  "stepping",
  "level",
  "level-func7",
  "xlevel",
  "xlevel2",
  "min-level",
  "min-xlevel",
  "min-xlevel2",
  "avx10-version",
];
/** What a static expansion tells besides features. */
const STATIC_VALUES = ["family", "model", "stepping", "vendor", "model-id", "min-level", "min-xlevel", "lmce"];
const READ_ONLY = ["crash-information", "feature-words", "filtered-features", "unavailable-features"];
/** Those that tell of their caches as AMD's do. */
const OWN_CACHES = /^(?:EPYC|Dhyana)/;

/** Features of CPUID by the names under which the peer lists them. */
export function cpuidFlags(): string[] {
  return FEATURES.split(" ").filter((name) => !Object.hasOwn(FEATURE_ALIASES, name) && name !== "start-powered-off");
}

/** All properties of a processor of the model, whether or not TCG can do it. `given` are those that were set. */
export function expand(model: string, given: { readonly [property: string]: unknown }, isStatic: boolean): JsonObject {
  const { features, values } = modelValues(model);
  const result: Record<string, JsonValue> = {};
  for (const [name, property] of Object.entries(cpuProperties(model))) {
    if (READ_ONLY.includes(name)) continue;
    const fallback: unknown = property.default;
    result[name] = typeof fallback === "number" || typeof fallback === "string" ? fallback : fallback === true;
  }
  for (const name of NUMBERS) result[name] = 0;
  Object.assign(result, { vendor: "", "model-id": "" }, COMPUTED, values);
  for (const name of features) result[name] = true;
  result["legacy-cache"] = !OWN_CACHES.test(model);
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) result[FEATURE_ALIASES[name] ?? name] = value as JsonValue;
  }
  for (const [alias, name] of Object.entries(FEATURE_ALIASES)) result[alias] = result[name] ?? false;
  if (!isStatic) return result;
  return Object.fromEntries([...cpuidFlags(), ...STATIC_VALUES].map((name) => [name, result[name]]));
}

/** `query-cpu-definitions`. */
export function definitions(): JsonObject[] {
  return ORDER.split(" ").map((name) => {
    const alias = ALIASES[name];
    return {
      name,
      typename: typeNameOf(name),
      "unavailable-features": name === HOST ? ["kvm"] : featureFaults(name, new Map()).missingNames,
      static: name === STATIC,
      "migration-safe": !UNSAFE.includes(name),
      deprecated: false,
      ...(alias === undefined ? {} : { "alias-of": alias }),
    };
  });
}

function descriptionOf(name: string): string {
  const alias = ALIASES[name];
  if (alias === `${name}-v1`) return "(alias configured by machine type)";
  if (alias !== undefined) return `(alias of ${alias})`;
  return DESCRIPTIONS[name] ?? rows().find(([model]) => model === name)?.[4] ?? "";
}

const LINE_LENGTH = 75;
/** Features with two bits. */
const TWICE = ["kvmclock", "vmx-invept-single-context"];

/** `-cpu help`: models by name, those of all machines at the end, then features. */
export function cpuHelpText(): string {
  const general = [BASE, HOST, "max"];
  const named = ORDER.split(" ").filter((name) => !general.includes(name));
  named.sort();
  const models = [...named, ...general].map((name) => `  ${name.padEnd(20)}  ${descriptionOf(name)}\n`);
  const lines = [" "];
  const flags = [...cpuidFlags(), ...TWICE];
  flags.sort();
  for (const flag of flags) {
    if ((lines.at(-1) ?? "").length + flag.length + 1 > LINE_LENGTH) lines.push(" ");
    lines[lines.length - 1] += ` ${flag}`;
  }
  return `Available CPUs:\n${models.join("")}\nRecognized CPUID flags:\n${lines.join("\n")}\n\n`;
}
