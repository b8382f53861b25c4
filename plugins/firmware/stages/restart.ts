// A reset changes neither memory nor, on this chipset, the PAM registers (data sheet 316966 §5.1.15). So the processor
// does not wake in the ROM but in its shadow, among variables of the boot before, with which no boot can begin. SeaBIOS
// finds that it has run already, restores its image from the ROM, and resets the machine itself.
import type { BootContext } from "../boot-context.ts";
import { bdf, REG } from "../pci/config-access.ts";
import type { Steps } from "../steps.ts";
import { copyFirmwareToRam, INTEL_MCH, PAM } from "./shadow.ts";

const HOST_BRIDGE = bdf(0, 0, 0);
const SHADOW_READ_ENABLE = 0x10;
/** Among the firmware's variables in the shadow: 1 from the beginning of a boot on. */
const HAS_RUN = 0xf_6000;
const RESET = { port: 0xcf9, value: 0x0f } as const;

/** Notes that a boot has begun. The shadow can be written by now. */
export function* rememberBoot({ platform }: BootContext): Steps {
  platform.write(HAS_RUN, Uint8Array.of(1));
  yield undefined;
}

/** After a reset of a machine that has booted: resets it once more. Does not come back where that is possible. */
export function* restartIfWarm(context: BootContext): Steps {
  const { config, platform } = context;
  if (config.read(HOST_BRIDGE, REG.vendor, 4) !== INTEL_MCH) return;
  if ((config.read(HOST_BRIDGE, PAM.low, 4) & SHADOW_READ_ENABLE) === 0) return;
  if (platform.read(HAS_RUN, 1)[0] === 0) return;
  yield* copyFirmwareToRam(context);
  platform.write(HAS_RUN, Uint8Array.of(0));
  platform.out(RESET.port, RESET.value, 1);
  yield undefined;
}
