import { definePlugin, DEVICES, LIFECYCLE, MACHINE, RESETS } from "backplane";
import { addBootSettings, keepBootOrder } from "./boot.ts";
import { fwCfgCommandLine } from "./command-line.ts";
import { BOOT_ORDER, FW_CFG, FW_CFG_KEYS } from "./contract.ts";
import { FwCfgDevice } from "./device.ts";
import { FwCfgIoDevice, fwCfgIoType } from "./io-device.ts";
import { fwCfgOptions, type FwCfgOptions } from "./options.ts";
import { addUserFiles } from "./user-files.ts";
import { parseUuid } from "./uuid.ts";

/** What the item hpet says on a machine without one: an impossible count, then eight empty descriptions. */
const NO_HPET = Uint8Array.of(0xff, ...new Uint8Array(8 * 15));

export default definePlugin<FwCfgOptions>({
  id: "fw-cfg",
  apiVersion: 1,
  summary: "firmware configuration device: items and files that firmware and guest read",
  provides: [FW_CFG, BOOT_ORDER],
  options: fwCfgOptions,
  commandLine: fwCfgCommandLine,
  attach(machine, options) {
    const device = machine.create(FwCfgDevice);
    machine.provideValue(FW_CFG, device);
    machine.provideValue(BOOT_ORDER, { order: options.boot.order, once: options.boot.once });
    device.addBytes(FW_CFG_KEYS.uuid, parseUuid(options.uuid));
    const { type, properties } = machine.use(MACHINE);
    const hasDisplay = !options.nographic && (type.properties["graphics"] === undefined || properties.bool("graphics"));
    device.addNumber(FW_CFG_KEYS.nographic, hasDisplay ? 0 : 1, 2);
    device.addNumber(FW_CFG_KEYS.irq0Override, 1, 4);
    addBootSettings(device, options.boot, machine.log);
    addUserFiles(device, options.files, machine.definition, machine.log);
    const lifecycle = machine.use(LIFECYCLE);
    const devices = machine.use(DEVICES);
    machine.own(devices.register(fwCfgIoType, FwCfgIoDevice));
    machine.own(
      lifecycle.on("board", () => {
        // A board may say when among its devices the ports come; others have them first.
        if (type.devices.some(({ driver }) => driver === fwCfgIoType.name)) return;
        const place = { of: "/machine", name: "fw_cfg" };
        devices.create({ driver: fwCfgIoType.name, place, properties: {} }, "machine");
      }),
    );
    machine.own(
      lifecycle.on("done", () => {
        if (!device.has(FW_CFG_KEYS.hpet)) device.addBytes(FW_CFG_KEYS.hpet, NO_HPET);
        if (!device.has(FW_CFG_KEYS.acpiTables)) device.addBytes(FW_CFG_KEYS.acpiTables, new Uint8Array());
      }),
    );
    const resets = machine.use(RESETS);
    machine.own(keepBootOrder(device, options.boot, resets));
    machine.own(resets.add(() => device.select(FW_CFG_KEYS.signature)));
  },
});
