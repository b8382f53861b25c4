// System management: SMRAM (MCH data sheet §5.1.22), SMI_EN (ICH9 data sheet §13.8.3.4), GEN_PMCON_1 (§13.8.1.1).
import type { BootContext } from "../boot-context.ts";
import { isLpc, isMch, SMI_ENABLE } from "../pci/chipset.ts";
import type { Steps } from "../steps.ts";

const SMRAM = 0x9d;
const OPEN = 0x4a;
const CLOSED = 0x0a;
const APM_ENABLE = 1 << 5;
const GLOBAL_ENABLE = 1;
const GEN_PMCON = 0xa0;
const SMI_LOCK = 1 << 4;

/** Opens SMRAM, enables SMIs by port 0xB2, locks that, and closes SMRAM. Nothing where SMIs are on already (smm=off). */
export function* openManagementMode({ config, platform, functions, ports }: BootContext): Steps {
  const [mch, lpc] = [functions.find(isMch), functions.find(isLpc)];
  if (mch === undefined || lpc === undefined) return;
  const register = ports.powerManagement + SMI_ENABLE;
  const enabled = platform.in(register, 4);
  if ((enabled & APM_ENABLE) !== 0) return;
  config.write(mch.at, SMRAM, OPEN, 1);
  platform.out(register, enabled | APM_ENABLE | GLOBAL_ENABLE, 4);
  config.write(lpc.at, GEN_PMCON, config.read(lpc.at, GEN_PMCON, 2) | SMI_LOCK, 2);
  config.write(mch.at, SMRAM, CLOSED, 1);
  yield undefined;
}
