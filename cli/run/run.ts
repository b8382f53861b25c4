import { asBackplaneError, Machine, type LogRecord, type LogSink } from "backplane";
import { readDefinition, type ReadDefinition } from "backplane/config";
import { machineTypes } from "../../machines/index.ts";
import timeline from "../../plugins/timeline/index.ts";
import type { LogLevel } from "../log-level.ts";
import { ThirdParties } from "../plugins.ts";
import { Interruption } from "./interruption.ts";
import { makeReport, renderReport } from "./report.ts";
import { runScenario, type StepOutcome } from "./scenario.ts";

/** Keys of definitions that are plugins: those of every machine type. What a given machine lacks is refused when it is built. */
function knownPlugins(): string[] {
  return [...new Set([timeline.id, ...machineTypes.flatMap(({ plugins }) => plugins.map(({ id }) => id))])];
}

/** Reads a definition, loads the plugins that it lists, and builds its machine. */
export async function build(
  file: string | undefined,
  log?: LogSink,
  signal?: AbortSignal,
): Promise<{ readonly read: ReadDefinition; readonly machine: Machine }> {
  const thirdParties = new ThirdParties();
  const read = await readDefinition(file, {
    plugins: knownPlugins(),
    load: (listed) => thirdParties.load(listed),
  });
  try {
    const machine = await Machine.create(read.definition, {
      types: machineTypes,
      plugins: [timeline, ...read.plugins],
      ...(log === undefined ? {} : { log }),
      ...(signal === undefined ? {} : { signal }),
    });
    return { read, machine };
  } catch (failure) {
    throw thirdParties.locate(asBackplaneError(failure));
  }
}

/** `backplane run`. */
export async function run(
  file: string | undefined,
  options: { readonly json?: boolean; readonly log?: LogLevel },
): Promise<number> {
  const log = options.log === undefined ? undefined : logTo(process.stderr, options.log);
  const interruption = new Interruption();
  let machine: Machine | undefined;
  try {
    const built = await build(file, log, interruption.signal);
    ({ machine } = built);
    const { read } = built;
    const showsProgress = options.json !== true && process.stderr.isTTY;
    const steps = runScenario(machine, read.scenario, showsProgress ? progress : undefined);
    const outcome = await interruption.unlessCaught(steps);
    if (showsProgress) process.stderr.write("\r\u001B[K");
    if (outcome === undefined) return 1;
    const report = makeReport(machine, { file: read.file, description: read.description }, outcome);
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

function logTo(stream: NodeJS.WritableStream, least: LogLevel): LogSink {
  return (record: LogRecord) => {
    if (WEIGHT[record.level] < WEIGHT[least]) return;
    stream.write(
      `${record.level}: ${record.source}: ${record.message}${record.details === undefined ? "" : ` ${JSON.stringify(record.details)}`}\n`,
    );
  };
}
