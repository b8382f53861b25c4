// Controllers that the firmware drives itself. They are found, switched on and made bus masters; no drive or USB device
// answers behind them. AHCI 1.3.1 §3.1; the UHCI legacy register: ICH9 data sheet §15.1.18.
import type { BootContext } from "../boot-context.ts";
import { NVME_CLASS, SATA_CLASS, USB_CLASS, XHCI_INTERFACE } from "../pci/classes.ts";
import { COMMAND, REG } from "../pci/config-access.ts";
import type { PciFunction } from "../pci/functions.ts";
import type { Steps } from "../steps.ts";

interface Driver {
  readonly classCode: number;
  readonly interface: number;
  /** The register of the BAR that it works with. */
  readonly bar: number;
  readonly space: "memory" | "io";
  start?(context: BootContext, fn: PciFunction, base: number): void;
}

const AHCI_GLOBAL_CONTROL = 4;
const AHCI_ENABLE = 0x8000_0000;
const UHCI_LEGACY = { register: 0xc0, off: 0x8f00 } as const;
const BAR_64 = 4;

/** In the order in which they start. */
const DRIVERS: readonly Driver[] = [
  { classCode: USB_CLASS, interface: XHCI_INTERFACE, bar: REG.bar0, space: "memory" },
  { classCode: USB_CLASS, interface: 0x20, bar: REG.bar0, space: "memory" },
  {
    classCode: USB_CLASS,
    interface: 0x00,
    bar: REG.bar0 + 16,
    space: "io",
    start: ({ config }, { at }) => config.write(at, UHCI_LEGACY.register, UHCI_LEGACY.off, 2),
  },
  {
    classCode: SATA_CLASS,
    interface: 0x01,
    bar: REG.bar0 + 20,
    space: "memory",
    start: ({ platform }, _fn, base) => {
      const control = base + AHCI_GLOBAL_CONTROL;
      platform.storeRegister(control, (platform.loadRegister(control) | AHCI_ENABLE) >>> 0);
    },
  },
  { classCode: NVME_CLASS, interface: 0x02, bar: REG.bar0, space: "memory" },
];

export function* startControllers(context: BootContext): Steps {
  for (const driver of DRIVERS) {
    for (const fn of context.functions) {
      if (fn.classCode !== driver.classCode || fn.interface !== driver.interface) continue;
      if (start(context, driver, fn)) context.driven.add(fn.at);
      yield undefined;
    }
  }
}

/** False where the registers are out of reach: the drivers' pointers have 32 bits. */
function start(context: BootContext, driver: Driver, fn: PciFunction): boolean {
  const { config } = context;
  const low = config.read(fn.at, driver.bar, 4);
  const base = driver.space === "io" ? low & 0xfffc : (low & ~0xf) >>> 0;
  const is64 = driver.space === "memory" && (low & BAR_64) !== 0;
  if (base === 0 || (is64 && config.read(fn.at, driver.bar + 4, 4) !== 0)) return false;
  const space = driver.space === "io" ? COMMAND.io : COMMAND.memory;
  config.write(fn.at, REG.command, config.read(fn.at, REG.command, 2) | space, 2);
  config.read(fn.at, REG.interruptLine, 1);
  config.write(fn.at, REG.command, config.read(fn.at, REG.command, 2) | COMMAND.master, 2);
  driver.start?.(context, fn, base);
  return true;
}
