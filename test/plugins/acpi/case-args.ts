import { splitOption } from "../../../plugins/acpi/option-text.ts";

export type Options = ReadonlyMap<string, string>;

/** A golden's command line, by option. `repeated` keeps every occurrence, in order. */
export interface CaseArgs {
  /** `-machine` with its type under `type`. */
  readonly machine: Options;
  readonly memory: Options;
  readonly smp: Options;
  readonly devices: readonly Options[];
  readonly objects: readonly Options[];
  readonly numa: readonly Options[];
  readonly acpiTables: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A size whose bare number counts `unit`. */
export function size(text: string | undefined, unit = 1): number {
  const match = /^(\d+|0x[0-9a-f]+)([KMG]?)$/i.exec(text ?? "0");
  if (!match) throw new Error(`not a size: ${String(text)}`);
  return Number(match[1]) * (UNITS[match[2]?.toUpperCase() ?? ""] ?? unit);
}

export function integer(options: Options, name: string, otherwise = 0): number {
  const value = options.get(name);
  return value === undefined ? otherwise : Number(value);
}

function options(text: string, implied: string): Options {
  return new Map(splitOption(text, implied).pairs.map(({ name, value }) => [name, value]));
}

export function parseArgs(args: readonly string[]): CaseArgs {
  const values = (option: string): string[] => args.flatMap((arg, i) => (arg === option ? [args[i + 1] ?? ""] : []));
  const all = (option: string, implied: string): Options[] => values(option).map((text) => options(text, implied));
  const [first = new Map()] = all("-machine", "type");
  return {
    machine: first,
    memory: all("-m", "size")[0] ?? new Map(),
    smp: all("-smp", "cpus")[0] ?? new Map(),
    devices: all("-device", "driver"),
    objects: all("-object", "qom-type"),
    numa: all("-numa", "type"),
    acpiTables: values("-acpitable"),
  };
}
