import type { MemoryRegionOps } from "backplane";
import { FakeFunction, type FakeFunctionFacts } from "./fake-function.ts";

const ENABLE = 0x8000_0000;

/** Configuration mechanism 1 over fake functions; requests find their bus through the bridges' bus numbers. */
export class FakePciHost {
  /** By root bus, ascending. */
  readonly roots: ReadonlyMap<number, readonly FakeFunction[]>;
  #address = 0;
  /** Every write to a function that is there, as the peer's trace shows it. */
  readonly writes: string[] = [];

  readonly #answer: ((address: number, size: number) => number) | undefined;

  constructor(
    buses: ReadonlyMap<number, readonly FakeFunctionFacts[]>,
    answer?: (address: number, size: number) => number,
  ) {
    this.#answer = answer;
    const make = (facts: FakeFunctionFacts, _index: number, all: readonly FakeFunctionFacts[]): FakeFunction =>
      new FakeFunction(facts, all);
    this.roots = new Map(
      [...buses].sort(([left], [right]) => left - right).map(([bus, functions]) => [bus, functions.map(make)]),
    );
  }

  ops(): MemoryRegionOps {
    return {
      valid: { min: 1, max: 4 },
      impl: { min: 1, max: 4 },
      read: (offset, size) => {
        if (offset < 4) return this.#address;
        if (this.#answer !== undefined) return this.#answer(this.#address + offset - 4, size) % 2 ** (8 * size);
        const target = this.#target();
        return target === undefined ? 2 ** (8 * size) - 1 : target.read((this.#address & 0xfc) + offset - 4, size);
      },
      write: (offset, value, size) => {
        if (offset < 4) this.#address = value >>> 0;
        else this.#write((this.#address & 0xfc) + offset - 4, value, size);
      },
    };
  }

  #write(offset: number, value: number, size: number): void {
    const target = this.#target();
    if (target === undefined) return;
    const { slot, fn } = target.facts;
    const bus = (this.#address >>> 16) & 0xff;
    const hex = (number: number, digits = 1): string => number.toString(16).padStart(digits, "0");
    this.writes.push(`${hex(bus, 2)}:${hex(slot, 2)}.${fn} @0x${hex(offset)} <- 0x${hex(value >>> 0)}`);
    target.write(offset, value, size);
  }

  #target(): FakeFunction | undefined {
    if (this.#address < ENABLE) return undefined;
    const [bus, slot, fn] = [(this.#address >>> 16) & 0xff, (this.#address >>> 11) & 31, (this.#address >>> 8) & 7];
    // A root bus has the numbers up to the next one.
    const [root = 0, functions = []] = [...this.roots].findLast(([number]) => number <= bus) ?? [];
    return find(functions, bus, slot, fn, root);
  }
}

function find(
  functions: readonly FakeFunction[],
  bus: number,
  slot: number,
  fn: number,
  here: number,
): FakeFunction | undefined {
  if (bus === here) return functions.find(({ facts }) => facts.slot === slot && facts.fn === fn);
  for (const bridge of functions) {
    if (!bridge.isBridge) continue;
    const [secondary, subordinate] = [bridge.read(0x19, 1), bridge.read(0x1a, 1)];
    if (secondary > here && bus >= secondary && bus <= subordinate)
      return find(bridge.behind, bus, slot, fn, secondary);
  }
  return undefined;
}

/** What query-pci would say of the functions, in the form of `decisions`. */
export function programmed(functions: readonly FakeFunction[]): unknown[] {
  return functions.map((fn) => ({
    slot: fn.facts.slot,
    fn: fn.facts.fn,
    irq: fn.facts.interruptPin === 0 ? 0 : fn.read(0x3c, 1),
    bars: fn.facts.bars.map((bar) => ({ bar: bar.index, address: fn.address(bar) })),
    bridge: fn.isBridge ? bridgeState(fn) : undefined,
  }));
}

function bridgeState(fn: FakeFunction): unknown {
  const wide = (low: number, high: number, fill: number): number =>
    fn.read(high, 4) * 2 ** 32 + (fn.read(low, 2) & 0xfff0) * 0x1_0000 + fill;
  return {
    buses: [fn.read(0x18, 1), fn.read(0x19, 1), fn.read(0x1a, 1)],
    io: { base: (fn.read(0x1c, 1) & 0xf0) << 8, limit: ((fn.read(0x1d, 1) & 0xf0) << 8) | 0xfff },
    memory: { base: (fn.read(0x20, 2) & 0xfff0) * 0x1_0000, limit: (fn.read(0x22, 2) & 0xfff0) * 0x1_0000 + 0xf_ffff },
    prefetch: { base: wide(0x24, 0x28, 0), limit: wide(0x26, 0x2c, 0xf_ffff) },
    behind: programmed(fn.behind),
  };
}
