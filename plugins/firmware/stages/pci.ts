import { GiB } from "backplane";
import type { BootContext } from "../boot-context.ts";
import { BRIDGE_CLASS, VGA_CLASS } from "../pci/classes.ts";
import { assignAddresses } from "../pci/assign.ts";
import { isMch, openExpressWindow, PCIEXBAR, setUpChipset } from "../pci/chipset.ts";
import { BRIDGE_CONTROL, COMMAND, REG } from "../pci/config-access.ts";
import { numberBuses } from "../pci/enumerate.ts";
import { scan, type PciFunction } from "../pci/functions.ts";
import { interruptLine } from "../pci/interrupts.ts";
import type { Apertures } from "../pci/placement.ts";
import type { Steps } from "../steps.ts";

const MEMORY_START = 0xe000_0000;
/** The I/O APIC's page: from here on the addresses below 4 GiB belong to the chipset. */
const MEMORY_END = 0xfec0_0000;
const IO_END = { q35: 0x1_0000, others: 0xa000 } as const;
const MAX_EXTRA_ROOTS = 255;

/** Numbers the buses, places BARs and windows, routes interrupts, and switches every function on. */
export function* setUpPci(context: BootContext): Steps<string | undefined> {
  const { config, fwCfg, platform } = context;
  const extraRoots = Math.min(fwCfg.readNumber("etc/extra-pci-roots") ?? 0, MAX_EXTRA_ROOTS);
  const lastBus = yield* numberBuses(config, extraRoots);
  const functions = yield* scan(config, lastBus);
  context.functions = functions;
  const mch = functions.find(isMch);
  if (mch !== undefined) {
    openExpressWindow(config, mch);
    context.memory.add({ start: PCIEXBAR.base, length: PCIEXBAR.length, isRam: false });
  }
  const failure = yield* assignAddresses(config, functions, apertures(context, mch !== undefined));
  if (failure !== undefined) return failure;
  for (const fn of functions) {
    const pin = config.read(fn.at, REG.interruptPin, 1);
    if (pin >= 1 && pin <= 4) config.write(fn.at, REG.interruptLine, interruptLine(fn, pin), 1);
    setUpChipset(config, platform, fn, context.ports);
    enable(context, fn);
    yield undefined;
  }
  forwardDisplay(context);
  return undefined;
}

function apertures({ memory, fwCfg, platform }: BootContext, isQ35: boolean): Apertures {
  const { trustsAddressBits } = platform;
  const prefer64 = trustsAddressBits && memory.highRamEnd > 4 * GiB;
  // Asked for only when something goes above 4 GiB, as the order of selects shows.
  const memoryEnd64 = (): number => {
    const reserved = fwCfg.readNumber("etc/reserved-memory-end") ?? 0;
    return reserved <= 2 ** 52 ? Math.max(reserved, memory.highRamEnd) : memory.highRamEnd;
  };
  return {
    ioEnd: isQ35 ? IO_END.q35 : IO_END.others,
    memoryStart: isQ35 ? PCIEXBAR.base + PCIEXBAR.length : MEMORY_START,
    memoryEnd: MEMORY_END,
    trustsAddressBits,
    prefer64,
    memoryEnd64,
    isUsed: (address, length) => memory.isUsed(address, length),
  };
}

function enable({ config }: BootContext, { at, classCode }: PciFunction): void {
  const command = config.read(at, REG.command, 2);
  config.write(at, REG.command, command | COMMAND.io | COMMAND.memory | COMMAND.serr, 2);
  if (classCode !== BRIDGE_CLASS) return;
  config.write(at, REG.bridgeControl, config.read(at, REG.bridgeControl, 2) | BRIDGE_CONTROL.serr, 2);
}

/** The bridges above the first display adapter pass the legacy VGA addresses on. */
function forwardDisplay({ config, functions }: BootContext): void {
  const display = functions.find(({ classCode }) => classCode === VGA_CLASS);
  for (let bridge = display?.parent; bridge !== undefined; bridge = bridge.parent) {
    const control = config.read(bridge.at, REG.bridgeControl, 2);
    config.write(bridge.at, REG.bridgeControl, control | BRIDGE_CONTROL.vga, 2);
  }
}
