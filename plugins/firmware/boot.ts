import type { BootContext } from "./boot-context.ts";
import { copyFirmwareToRam, lockFirmware } from "./stages/shadow.ts";
import { bootFromNothing } from "./stages/boot-attempt.ts";
import { installAcpi } from "./stages/acpi.ts";
import { installPlatformTables } from "./stages/platform-tables.ts";
import { openManagementMode } from "./stages/management-mode.ts";
import { probe } from "./stages/probe.ts";
import { rememberBoot, restartIfWarm } from "./stages/restart.ts";
import { scanOptionRoms } from "./stages/option-roms.ts";
import { setUpPci } from "./stages/pci.ts";
import { startProcessors } from "./stages/processors.ts";
import { startControllers } from "./stages/controllers.ts";
import type { Steps } from "./steps.ts";

/** One boot, from the reset vector to the end. Returns why it ended. */
export function* boot(context: BootContext): Steps<string> {
  const { reporter } = context;
  reporter.stageReached("reset");
  yield* restartIfWarm(context);
  const shadow = yield* copyFirmwareToRam(context);
  if (shadow) yield* rememberBoot(context);
  reporter.stageReached("probe");
  const obstacle = yield* probe(context);
  if (obstacle !== undefined) return obstacle;
  reporter.stageReached("pci");
  const failure = yield* setUpPci(context);
  if (failure !== undefined) return `PCI: ${failure}`;
  yield* openManagementMode(context);
  reporter.stageReached("memory-map");
  yield* startProcessors(context);
  reporter.stageReached("smbios");
  yield* installPlatformTables(context);
  reporter.stageReached("acpi");
  yield* installAcpi(context);
  reporter.stageReached("option-roms");
  yield* scanOptionRoms(context, "display");
  yield* startControllers(context);
  yield* scanOptionRoms(context, "others");
  reporter.stageReached("boot");
  yield* bootFromNothing(context);
  if (shadow) yield* lockFirmware(context);
  return "No bootable device.";
}
