import { CLOCK, definePlugin, GUEST, SYSTEM_IO, SYSTEM_MEMORY } from "backplane";
import { FIRMWARE_TRACE } from "./contract.ts";
import { FirmwareGuest } from "./guest.ts";
import { Platform } from "./platform.ts";
import { RecordedTrace } from "./trace.ts";

export default definePlugin({
  id: "firmware",
  apiVersion: 1,
  summary: "A guest that boots as SeaBIOS does: PCI, fw_cfg, ACPI tables, and no bootable device",
  provides: [GUEST, FIRMWARE_TRACE],
  attach(machine) {
    const clock = machine.use(CLOCK);
    const trace = new RecordedTrace(clock, machine.log);
    const platform = new Platform(machine.use(SYSTEM_IO), machine.use(SYSTEM_MEMORY), clock);
    machine.provideValue(FIRMWARE_TRACE, trace);
    machine.provideValue(GUEST, new FirmwareGuest(platform, trace, machine.log));
  },
});
