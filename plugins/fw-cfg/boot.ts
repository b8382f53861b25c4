// What the firmware is told about booting.
import { readFileSync } from "node:fs";
import type { Disposable, Logger, Resets } from "backplane";
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

const JPEG = 0xd8ff;
const BMP = 0x4d42;
/** Where a BMP says how many bits a pixel has. */
const BITS_AT = 28;

/** A machine starts without the picture when there is none, or none that can be shown. */
function addSplash(fwCfg: FwCfgDevice, path: string, log: Logger): void {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    log.error(fwCfgErrors.BOOT_SPLASH_MISSING(path).message);
    return;
  }
  const kind = bytes.length > BITS_AT + 1 ? bytes.readUInt16LE(0) : 0;
  if (kind === JPEG) fwCfg.addFile("bootsplash.jpg", bytes);
  else if (kind === BMP && bytes.readUInt16LE(BITS_AT) === 24) fwCfg.addFile("bootsplash.bmp", bytes);
  else log.error(fwCfgErrors.BOOT_SPLASH_FORMAT(path).message);
}

/** Files and items that never change. */
export function addBootSettings(fwCfg: FwCfgDevice, boot: BootOptions, log: Logger): void {
  fwCfg.addNumber(FW_CFG_KEYS.bootMenu, boot.menu === true ? 1 : 0, 2);
  const wait = boot["splash-time"];
  if (wait !== undefined) {
    if (wait < 0 || wait > LIMIT) throw fwCfgErrors.BOOT_SPLASH_TIME();
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(wait);
    fwCfg.addFile("etc/boot-menu-wait", bytes);
  }
  if (boot.splash !== undefined) addSplash(fwCfg, boot.splash, log);
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
