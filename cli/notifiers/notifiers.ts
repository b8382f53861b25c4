import { DEFAULT_LEVEL, type LogLevel } from "../log-level.ts";
import { Interruption } from "../run/interruption.ts";
import { logTo } from "../run/log-text.ts";
import { build } from "../run/run.ts";
import { registryReport } from "./registry-report.ts";
import { renderRegistry } from "./registry-text.ts";
import { watch } from "./watch.ts";

export interface NotifiersOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly untold?: readonly string[];
  readonly log?: LogLevel;
}

/** `backplane notifiers`. */
export async function notifiers(file: string | undefined, options: NotifiersOptions): Promise<number> {
  const { json = false, untold } = options;
  const log = logTo(process.stderr, options.log ?? DEFAULT_LEVEL);
  const interruption = new Interruption();
  let built;
  try {
    built = await build(file, { log, signal: interruption.signal, untold });
    if (options.watch === true) return await watch(built, interruption, json);
    const report = await registryReport(built);
    const { columns } = process.stdout;
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : renderRegistry(report, columns));
    return 0;
  } finally {
    await built?.machine.dispose();
    interruption.dispose();
  }
}
