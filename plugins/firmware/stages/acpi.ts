import { LOADER_FILE } from "backplane/plugins/acpi/contract";
import type { BootContext } from "../boot-context.ts";
import type { Steps } from "../steps.ts";
import { findRsdp, rootTableProblem } from "../acpi/rsdp.ts";
import { runLoaderScript } from "../acpi/loader.ts";

/**
 * Carries out the machine's script and looks, as a system will, at what has come of it. A script that fails in parts is
 * carried out as far as it goes. Where it leaves no RSDP, SeaBIOS goes on to tables of its own making; this guest does not.
 */
export function* installAcpi(context: BootContext): Steps {
  const script = context.fwCfg.file(LOADER_FILE);
  if (script === undefined) {
    context.reporter.acpi(false, undefined, `the machine has no ${LOADER_FILE}`);
    return;
  }
  const failure = yield* runLoaderScript(context, script);
  const rsdp = findRsdp(context.platform);
  if (rsdp === undefined) {
    context.reporter.acpi(false, undefined, failure ?? "the script left no RSDP with a valid checksum");
    return;
  }
  const problem = rootTableProblem(context.platform, rsdp);
  context.reporter.acpi(problem === undefined, rsdp, problem);
}
