import { ALIASES, rows } from "./catalogue.ts";

/** The host's model is made of everything there is. */
const versionOf = (model: string): string => ALIASES[model] ?? (model === "host" ? "max" : model);

/** What CPUID says of a model: features that it promises, and values. */
export interface ModelValues {
  readonly features: ReadonlySet<string>;
  readonly values: { readonly [property: string]: number | string };
}

function ofVersion(version: string): ModelValues {
  const row = rows().find(([name]) => name === version);
  if (row === undefined) return { features: new Set(), values: {} };
  const [, from, words, values] = row;
  const base = ofVersion(from);
  const features = new Set(base.features);
  for (const word of words.split(" ")) {
    if (word.startsWith("+")) features.add(word.slice(1));
    if (word.startsWith("-")) features.delete(word.slice(1));
  }
  return { features, values: { ...base.values, ...values } };
}

export function modelValues(model: string): ModelValues {
  return ofVersion(versionOf(model));
}
