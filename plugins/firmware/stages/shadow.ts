// Shadow RAM: the MCH's PAM registers (data sheet 316966 §5.1.15 to §5.1.21).
import type { BootContext } from "../boot-context.ts";
import { bdf, REG } from "../pci/config-access.ts";
import type { Steps } from "../steps.ts";

const HOST_BRIDGE = bdf(0, 0, 0);
export const INTEL_MCH = 0x29c0_8086;
export const PAM = { low: 0x90, high: 0x94 } as const;
const SHADOW = { romImage: 0xfffe_0000, ram: 0xe_0000, length: 0x2_0000 } as const;
const PIECE = 0x8000;

/** Makes 0xC0000 to 0xFFFFF RAM, with the firmware's image in its upper half. False where the chipset is another one. */
export function* copyFirmwareToRam({ config, platform }: BootContext): Steps<boolean> {
  if (config.read(HOST_BRIDGE, REG.vendor, 4) !== INTEL_MCH) return false;
  const low = config.read(HOST_BRIDGE, PAM.low, 4);
  const high = config.read(HOST_BRIDGE, PAM.high, 4);
  config.write(HOST_BRIDGE, PAM.low, ((low & 0xf) | 0x3333_3330) >>> 0, 4);
  config.write(HOST_BRIDGE, PAM.high, ((high & 0xff00_0000) | 0x33_3333) >>> 0, 4);
  for (let at = 0; at < SHADOW.length; at += PIECE) {
    platform.write(SHADOW.ram + at, platform.read(SHADOW.romImage + at, PIECE));
    yield undefined;
  }
  return true;
}

/** Write-protects option ROMs and code; what the firmware itself writes to later (0xE4000 to 0xEFFFF) stays open. */
export function* lockFirmware({ config }: BootContext): Steps {
  const low = config.read(HOST_BRIDGE, PAM.low, 4);
  const high = config.read(HOST_BRIDGE, PAM.high, 4);
  config.write(HOST_BRIDGE, PAM.low, ((low & 0xf) | 0x1111_1110) >>> 0, 4);
  config.write(HOST_BRIDGE, PAM.high, ((high & 0xff00_0000) | 0x33_3111) >>> 0, 4);
  yield undefined;
}
