import { Command as Program } from "commander";
import { BackplaneError } from "backplane";
import { DEFAULT_LEVEL, level, LOG_HELP, type LogLevel } from "./log-level.ts";
import type { NotifiersOptions } from "./notifiers/notifiers.ts";
import { renderError } from "./render.ts";
import { UNTOLD_HELP } from "./untold-help.ts";
import { VERSION } from "./version.ts";

/** For options that may be given several times. */
const collect = (text: string, before: string[] = []): string[] => [...before, text];

/** The `backplane` command. Returns the exit status. Sub-commands are loaded when they run. */
export async function backplaneMain(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Program("backplane")
    .description(
      "A plugin-architected virtual-machine framework: RAM blocks, notifiers, ACPI, QMP and migration, reproduced.",
    )
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError();
  program
    .command("run")
    .argument("[definition]", "a .yaml, .json or .toml file; default: backplane.yaml here or above")
    .description(
      "build the machine, take the steps of its scenario, and report what was observed (status 1 if not all of it was)",
    )
    .option("--json", "print the report as JSON")
    .option("--untold <subscriber:kind>", UNTOLD_HELP, collect)
    .option("--log <level>", LOG_HELP, level, DEFAULT_LEVEL)
    .action(async (file: string | undefined, options: { json?: boolean; untold?: string[]; log?: LogLevel }) => {
      const { run } = await import("./run/run.ts");
      status = await run(file, options);
    });
  program
    .command("check")
    .argument("[definition]", "as for run")
    .description("read a definition and build its machine without running it")
    .option("--log <level>", LOG_HELP, level, DEFAULT_LEVEL)
    .action(async (file: string | undefined, options: { log?: LogLevel }) => {
      const { check } = await import("./run/run.ts");
      status = await check(file, options);
    });
  program
    .command("notifiers")
    .argument("[definition]", "as for run")
    .description(
      "build the machine and print who hears of its RAM blocks and host mappings, in the order in which they are told: " +
        "what each does about each kind of notification, and the blocks that each knows",
    )
    .option(
      "--watch",
      "run the machine instead (the steps of its scenario, or its guest) and print notifications as they happen; " +
        "status 1 if a step was not as expected",
    )
    .option("--json", "print as JSON; with --watch one object per line")
    .option("--untold <subscriber:kind>", UNTOLD_HELP, collect)
    .option("--log <level>", LOG_HELP, level, DEFAULT_LEVEL)
    .addHelpText(
      "after",
      `
Examples:
  backplane notifiers configs/acpi-resize.yaml
  backplane notifiers configs/acpi-resize.yaml --watch
  backplane notifiers configs/acpi-resize.yaml --watch --untold migration/ram:resized

docs/notifiers.md says the same of all subscribers, and what breaks when nobody is told.`,
    )
    .action(async (file: string | undefined, options: NotifiersOptions) => {
      const { notifiers } = await import("./notifiers/notifiers.ts");
      status = await notifiers(file, options);
    });
  program
    .command("plugins")
    .description("list the plugins of a machine type, in the order in which they are attached")
    .argument("[machine]", "a machine type", "q35")
    .option("--json", "print as JSON")
    .action(async (machine: string, options: { json?: boolean }) => {
      const { listPlugins } = await import("./lists.ts");
      status = await listPlugins(machine, options);
    });
  program
    .command("machines")
    .description("list the machine types")
    .option("--json", "print as JSON")
    .action(async (options: { json?: boolean }) => {
      const { listMachines } = await import("./lists.ts");
      status = listMachines(options);
    });
  program
    .command("schema")
    .description("print the JSON Schema of definitions, with the options of a machine type's plugins")
    .argument("[machine]", "a machine type", "q35")
    .action(async (machine: string) => {
      const { printSchema } = await import("./schema.ts");
      status = await printSchema(machine);
    });
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (failure) {
    if (failure instanceof BackplaneError) {
      process.stderr.write(`${renderError(failure)}\n`);
      return 1;
    }
    const exitCode = failure instanceof Error && "exitCode" in failure ? failure.exitCode : undefined;
    if (typeof exitCode !== "number") throw failure;
    return exitCode === 0 ? 0 : 2;
  }
  return status;
}
