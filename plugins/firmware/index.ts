import { CLOCK, definePlugin, GUEST, SYSTEM_IO, SYSTEM_MEMORY } from "backplane";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { FIRMWARE_TRACE } from "./contract.ts";
import { FirmwareGuest } from "./guest.ts";
import { Platform } from "./platform.ts";
import { RecordedTrace } from "./trace.ts";

/** Forty bits are true of some AMD processors; of others they are only an emulator's default, as SeaBIOS knows. */
const TRUSTED_VENDOR = "AuthenticAMD";

export default definePlugin({
  id: "firmware",
  apiVersion: 1,
  summary: "A guest that boots as SeaBIOS does: PCI, fw_cfg, ACPI tables, and no bootable device",
  uses: [CPUS],
  provides: [GUEST, FIRMWARE_TRACE],
  attach(machine) {
    const clock = machine.use(CLOCK);
    const trace = new RecordedTrace(clock, machine.log);
    const cpu = machine.optional(CPUS)?.identity;
    const trustsAddressBits = cpu === undefined || (cpu.longMode && cpu.vendor === TRUSTED_VENDOR);
    const platform = new Platform(machine.use(SYSTEM_IO), machine.use(SYSTEM_MEMORY), clock, trustsAddressBits);
    machine.provideValue(FIRMWARE_TRACE, trace);
    machine.provideValue(GUEST, new FirmwareGuest(platform, trace, machine.log));
  },
});
