import type { CaseFile } from "../workspace.ts";

/** A machine whose tables and RAM blocks are captured. Arguments hold `{dir}` for the folder with the files. */
export interface AcpiCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly files?: readonly CaseFile[];
  /** Beyond what the project promises; captured because it is cheap to have. */
  readonly extra?: true;
  /** The machine has no fw_cfg. */
  readonly noFwCfg?: true;
  /** The machine has no firmware to run. */
  readonly noFirmware?: true;
  /** Milliseconds, for a firmware that never comes to rest. */
  readonly bootLimit?: number;
}

const BARE = ["-nodefaults", "-display", "none", "-serial", "none"];

/** A q35 machine with nothing but what the chipset has. */
export function q35(options: { machine?: string; memory?: string; args?: readonly string[] } = {}): string[] {
  const machine = options.machine === undefined ? "" : `,${options.machine}`;
  return ["-machine", `q35,accel=tcg${machine}`, "-m", options.memory ?? "256M", ...BARE, ...(options.args ?? [])];
}

/** The arguments in a text that separates them by blanks. */
export const words = (text: string): string[] => text.split(" ");
