/** A machine whose migration stream is captured before its first instruction. */
export interface MigrationCase {
  readonly name: string;
  readonly args: readonly string[];
  /** Keeps the whole stream; otherwise only its skeleton. */
  readonly whole: boolean;
}

export const migrationCases: readonly MigrationCase[] = [
  { name: "none-64m", args: ["-machine", "none", "-m", "64M", "-nodefaults", "-display", "none"], whole: true },
  {
    name: "q35-128m",
    args: ["-machine", "q35,accel=tcg", "-m", "128M", "-nodefaults", "-display", "none", "-serial", "none"],
    whole: false,
  },
  {
    name: "q35-defaults",
    // Cards of the user's network carry its state besides.
    args: ["-machine", "q35,accel=tcg", "-m", "16M", "-display", "none", "-nic", "none", "-device", "e1000e"],
    whole: false,
  },
];
