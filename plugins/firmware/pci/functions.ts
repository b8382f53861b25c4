import { BRIDGE_CLASS, isPresentVendor } from "./classes.ts";
import { bdf, REG, type Bdf, type PciConfig } from "./config-access.ts";

const MULTI_FUNCTION = 0x80;

/** Every function on a bus, ascending. Functions 1 to 7 are looked at only where function 0 says that there are several. */
export function* functionsOn(config: PciConfig, bus: number): Generator<Bdf, void, undefined> {
  for (let device = 0; device < 32; device++) {
    let several = false;
    for (let fn = 0; fn < 8; fn++) {
      const at = bdf(bus, device, fn);
      const present = isPresentVendor(config.read(at, REG.vendor, 2));
      if (fn === 0) {
        if (!present) break;
        several = (config.read(at, REG.headerType, 1) & MULTI_FUNCTION) !== 0;
      }
      if (present) yield at;
      if (!several) break;
    }
  }
}

export interface PciFunction {
  readonly at: Bdf;
  readonly vendor: number;
  readonly device: number;
  readonly classCode: number;
  readonly interface: number;
  readonly headerType: number;
  /** The bridge on whose secondary bus the function is; undefined on a root bus. */
  readonly parent: PciFunction | undefined;
  /** The bus number that the firmware gave the secondary side; undefined without a bridge. */
  readonly secondaryBus: number | undefined;
}

/** More than any machine has; a space that answers everywhere would keep the firmware busy for long. */
const MAX_FUNCTIONS = 4096;

/** Describes everything that is there, bus by bus: what is found depends on the bus numbers given before. */
export function* scan(config: PciConfig, lastBus: number): Generator<undefined, PciFunction[], undefined> {
  const found: PciFunction[] = [];
  const behind = new Map<number, PciFunction>();
  for (let bus = 0; bus <= lastBus; bus++) {
    for (const at of functionsOn(config, bus)) {
      const fn = describe(config, at, behind.get(bus));
      if (found.length === MAX_FUNCTIONS) return found;
      found.push(fn);
      // A bridge that points back would make the tree a loop.
      if (fn.secondaryBus !== undefined && fn.secondaryBus > bus) behind.set(fn.secondaryBus, fn);
    }
    yield undefined;
  }
  return found;
}

function describe(config: PciConfig, at: Bdf, parent: PciFunction | undefined): PciFunction {
  const ids = config.read(at, REG.vendor, 4);
  const classes = config.read(at, REG.revision, 4);
  const headerType = config.read(at, REG.headerType, 1) & ~MULTI_FUNCTION;
  const classCode = classes >>> 16;
  const isBridge = classCode === BRIDGE_CLASS;
  return {
    at,
    vendor: ids & 0xffff,
    device: ids >>> 16,
    classCode,
    interface: (classes >> 8) & 0xff,
    headerType,
    parent,
    secondaryBus: isBridge ? config.read(at, REG.secondaryBus, 1) : undefined,
  };
}
