import { CLOCK, definePlugin, GUEST, SYSTEM_IO, SYSTEM_MEMORY } from "backplane";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { FIRMWARE_TRACE } from "./contract.ts";
import { FirmwareGuest } from "./guest.ts";
import { Platform } from "./platform.ts";
import { RecordedTrace } from "./trace.ts";

export default definePlugin({
  id: "firmware",
  apiVersion: 1,
  summary: "A guest that boots as SeaBIOS does: PCI, fw_cfg, ACPI tables, and no bootable device",
  uses: [CPUS],
  provides: [GUEST, FIRMWARE_TRACE],
  attach(machine) {
    const clock = machine.use(CLOCK);
    const trace = new RecordedTrace(clock, machine.log);
    const longMode = machine.optional(CPUS)?.identity.longMode ?? true;
    const platform = new Platform(machine.use(SYSTEM_IO), machine.use(SYSTEM_MEMORY), clock, longMode);
    machine.provideValue(FIRMWARE_TRACE, trace);
    machine.provideValue(GUEST, new FirmwareGuest(platform, trace, machine.log));
  },
});
