import {
  asBackplaneError,
  Machine,
  type LogRecord,
  type LogSink,
  type SubscriberManifest,
  type Untold,
} from "backplane";
import { readDefinition, type ReadDefinition } from "backplane/config";
import { machineTypes } from "../../machines/index.ts";
import timeline from "../../plugins/timeline/index.ts";
import type { LogLevel } from "../log-level.ts";
import { ThirdParties } from "../plugins.ts";
import { describeUntold, readUntold, subscriberManifests } from "../untold.ts";
import { Interruption } from "./interruption.ts";
import { makeReport, renderReport } from "./report.ts";
import { runScenario, type StepOutcome } from "./scenario.ts";

/** Keys of definitions that are plugins: those of every machine type. What a given machine lacks is refused when it is built. */
function knownPlugins(): string[] {
  const ids = machineTypes.flatMap(({ plugins, offers = [] }) => [...plugins, ...offers].map(({ id }) => id));
  return [...new Set([timeline.id, ...ids])];
}

export interface BuildOptions {
  readonly log?: LogSink | undefined;
  readonly signal?: AbortSignal;
  /** As `--untold` gives them. */
  readonly untold?: readonly string[] | undefined;
}

export interface Built {
  readonly read: ReadDefinition;
  readonly machine: Machine;
  /** What its plugins say of their notifiers. */
  readonly manifests: readonly SubscriberManifest[];
  readonly untold: readonly Untold[];
}

/** Reads a definition, loads the plugins that it lists, and builds its machine. */
export async function build(file: string | undefined, options: BuildOptions = {}): Promise<Built> {
  const { log, signal } = options;
  const thirdParties = new ThirdParties();
  const read = await readDefinition(file, {
    plugins: knownPlugins(),
    load: (listed) => thirdParties.load(listed),
  });
  const { definition } = read;
  const type = machineTypes.find(({ name, aliases }) => [name, ...(aliases ?? [])].includes(definition.machine.type));
  // A type that there is not is refused when the machine is made.
  const manifests = type === undefined ? [] : await subscriberManifests(type, definition, read.plugins);
  const untold = type === undefined ? [] : (options.untold ?? []).map((text) => readUntold(text, manifests));
  try {
    const machine = await Machine.create(definition, {
      types: machineTypes,
      plugins: [timeline, ...read.plugins],
      untold,
      ...(log === undefined ? {} : { log }),
      ...(signal === undefined ? {} : { signal }),
    });
    return { read, machine, manifests, untold };
  } catch (failure) {
    throw thirdParties.locate(asBackplaneError(failure));
  }
}

/** `backplane run`. */
export async function run(
  file: string | undefined,
  options: { readonly json?: boolean; readonly log?: LogLevel; readonly untold?: readonly string[] },
): Promise<number> {
  const log = options.log === undefined ? undefined : logTo(process.stderr, options.log);
  const interruption = new Interruption();
  let machine: Machine | undefined;
  try {
    const built = await build(file, { log, signal: interruption.signal, untold: options.untold });
    ({ machine } = built);
    const { read, manifests, untold } = built;
    const showsProgress = options.json !== true && process.stderr.isTTY;
    const steps = runScenario(machine, read.scenario, showsProgress ? progress : undefined);
    const outcome = await interruption.unlessCaught(steps);
    if (showsProgress) process.stderr.write("\r\u001B[K");
    if (outcome === undefined) return 1;
    const about = { file: read.file, description: read.description, untold: describeUntold(untold, manifests) };
    const report = makeReport(machine, about, outcome);
    process.stdout.write(options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report));
    return report.observed ? 0 : 1;
  } finally {
    await machine?.dispose();
    interruption.dispose();
  }
}

/** `backplane check`. */
export async function check(file: string | undefined): Promise<number> {
  const { read, machine } = await build(file);
  await machine.dispose();
  process.stdout.write(
    `${read.file}: ${machine.type.name}, ${read.definition.devices.length} devices, ${read.scenario.length} steps: well-formed\n`,
  );
  return 0;
}

function progress({ title }: StepOutcome): void {
  process.stderr.write(`\r\u001B[K${title} …`);
}

const WEIGHT = { debug: 0, info: 1, warn: 2, error: 3 } as const;

export function logTo(stream: NodeJS.WritableStream, least: LogLevel): LogSink {
  return (record: LogRecord) => {
    if (WEIGHT[record.level] < WEIGHT[least]) return;
    stream.write(
      `${record.level}: ${record.source}: ${record.message}${record.details === undefined ? "" : ` ${JSON.stringify(record.details)}`}\n`,
    );
  };
}
