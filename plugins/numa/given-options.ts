import { asBackplaneError, type Origin, type OptionValues } from "backplane";
import type { NumaConfiguration } from "./configuration.ts";
import { readNumaOption, readNumaPairs, type NumaOption, type NumaOptionType } from "./option.ts";
import type { NumaOptions } from "./options.ts";

interface Given {
  readonly path: readonly PropertyKey[];
  readonly origin: Origin | undefined;
  read(): NumaOption;
}

/** The options of a definition in the order in which they depend on each other, then those of a command line. */
function inOrder(options: NumaOptions, origin: Origin | undefined): Given[] {
  const all = (type: NumaOptionType, path: readonly string[], entries: readonly OptionValues[]): Given[] =>
    entries.map((entry, at) => ({ path: [...path, at], origin, read: () => readNumaOption(type, entry, "config") }));
  return [
    ...all("node", ["nodes"], options.nodes),
    ...all("dist", ["distances"], options.distances),
    ...all("cpu", ["cpus"], options.cpus),
    ...all("hmat-lb", ["hmat", "localities"], options.hmat.localities),
    ...all("hmat-cache", ["hmat", "caches"], options.hmat.caches),
    ...options.commandLine.map(({ text, pairs }): Given => ({
      path: [],
      origin: { kind: "command-line", text },
      read: () => readNumaPairs(pairs),
    })),
  ];
}

/** Applies one option after the other; an error says which one it was. */
export function applyOptions(configuration: NumaConfiguration, options: NumaOptions, origin: Origin | undefined): void {
  for (const given of inOrder(options, origin)) {
    try {
      configuration.apply(given.read());
    } catch (failure) {
      throw asBackplaneError(failure).at(given.path).from(given.origin);
    }
  }
}
