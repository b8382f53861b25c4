import { asBackplaneError, Machine, type LogSink, type SubscriberManifest, type Untold } from "backplane";
import { readDefinition, type ReadDefinition } from "backplane/config";
import { machineTypes } from "../../machines/index.ts";
import timeline from "../../plugins/timeline/index.ts";
import { DEFAULT_LEVEL, type LogLevel } from "../log-level.ts";
import { ThirdParties } from "../plugins.ts";
import { describeUntold, readUntold, subscriberManifests } from "../untold.ts";
import { Interruption } from "./interruption.ts";
import { logTo } from "./log-text.ts";
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
  /** What the machine complained of last. */
  readonly lastError: () => string | undefined;
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
  let complaint: string | undefined;
  const sink: LogSink = (record) => {
    if (record.level === "error") complaint = `${record.source}: ${record.message}`;
    log?.(record);
  };
  try {
    const machine = await Machine.create(definition, {
      types: machineTypes,
      plugins: [timeline, ...read.plugins],
      untold,
      log: sink,
      ...(signal === undefined ? {} : { signal }),
    });
    return { read, machine, manifests, untold, lastError: () => complaint };
  } catch (failure) {
    throw thirdParties.locate(asBackplaneError(failure));
  }
}

/** `backplane run`. */
export async function run(
  file: string | undefined,
  options: { readonly json?: boolean; readonly log?: LogLevel; readonly untold?: readonly string[] },
): Promise<number> {
  const log = logTo(process.stderr, options.log ?? DEFAULT_LEVEL);
  const interruption = new Interruption();
  let machine: Machine | undefined;
  try {
    const built = await build(file, { log, signal: interruption.signal, untold: options.untold });
    ({ machine } = built);
    const { read, manifests, untold, lastError } = built;
    const showsProgress = options.json !== true && process.stderr.isTTY;
    const steps = runScenario(machine, read.scenario, { progress: showsProgress ? progress : undefined, lastError });
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
export async function check(file: string | undefined, options: { readonly log?: LogLevel } = {}): Promise<number> {
  const { read, machine } = await build(file, { log: logTo(process.stderr, options.log ?? DEFAULT_LEVEL) });
  await machine.dispose();
  process.stdout.write(
    `${read.file}: ${machine.type.name}, ${read.definition.devices.length} devices, ${read.scenario.length} steps: well-formed\n`,
  );
  return 0;
}

function progress({ title }: StepOutcome): void {
  process.stderr.write(`\r\u001B[K${title} …`);
}
