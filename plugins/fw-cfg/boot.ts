// What the firmware is told about booting.
import type { Disposable, Resets } from "backplane";
import { FW_CFG_KEYS } from "./contract.ts";
import type { FwCfgDevice } from "./device.ts";
import { fwCfgErrors } from "./errors.ts";
import type { BootOptions } from "./options.ts";

const LIMIT = 0xffff;
/** Ends the boot order where the firmware must not go on to other devices. */
const STOP = "HALT";

function number(value: number, bytes: 2 | 4): Uint8Array {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntLE(value, 0, bytes);
  return buffer;
}

/** Files and items that never change. */
export function addBootSettings(fwCfg: FwCfgDevice, boot: BootOptions): void {
  fwCfg.addNumber(FW_CFG_KEYS.bootMenu, boot.menu === true ? 1 : 0, 2);
  const wait = boot["splash-time"];
  if (wait !== undefined) {
    if (wait < 0 || wait > LIMIT) throw fwCfgErrors.BOOT_SPLASH_TIME();
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(wait);
    fwCfg.addFile("etc/boot-menu-wait", bytes);
  }
  const timeout = boot["reboot-timeout"] ?? -1;
  if (timeout < -1 || timeout > LIMIT) throw fwCfgErrors.BOOT_REBOOT_TIMEOUT();
  fwCfg.addFile("etc/boot-fail-wait", number(timeout, 4));
}

/** The order as the firmware reads it: one path a line, a NUL at the end, nothing at all without devices. */
function bootOrder(paths: readonly string[], strict: boolean): Uint8Array {
  if (paths.length === 0) return new Uint8Array();
  return Buffer.from(`${[...paths, ...(strict ? [STOP] : [])].join("\n")}\0`);
}

/** The boot order is written at every reset: boot indices may have changed in between. */
export function keepBootOrder(fwCfg: FwCfgDevice, boot: BootOptions, resets: Resets): Disposable {
  return resets.add(() => {
    const order = bootOrder(fwCfg.bootPaths(), boot.strict === true);
    const file = fwCfg.file("bootorder");
    if (file !== undefined) return file.update(order);
    fwCfg.addFile("bootorder", order);
    // Logical disk geometries, which disks may ask for; none of the devices that are modelled has one.
    fwCfg.addFile("bios-geometry", new Uint8Array());
  });
}
