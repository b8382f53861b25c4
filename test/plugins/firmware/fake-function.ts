import { view } from "./golden-machine.ts";

/** A base address register as query-pci describes it. */
export interface FakeBar {
  readonly index: number;
  readonly isIo: boolean;
  readonly prefetch: boolean;
  readonly is64: boolean;
  readonly size: number;
}

export interface FakeFunctionFacts {
  readonly slot: number;
  readonly fn: number;
  readonly vendor: number;
  readonly device: number;
  readonly classCode: number;
  readonly interruptPin: number;
  readonly bars: readonly FakeBar[];
  /** The programming interface, which query-pci does not give. */
  readonly interface?: number;
  /** The body of a vendor's capability with reserve hints. */
  readonly hints?: Uint8Array;
  readonly behind?: readonly FakeFunctionFacts[];
}

const ROOT_PORT = 0x000c;
const PCIE_PCI_BRIDGE = 0x000e;
const BRIDGE_ROM = 0x38;
const ROM = 0x30;
const ROM_INDEX = 6;

/** A configuration space of 256 bytes in which a mask says which bits can be written. */
export class FakeFunction {
  readonly facts: FakeFunctionFacts;
  readonly behind: readonly FakeFunction[];
  readonly #bytes = Buffer.alloc(256);
  readonly #writable = Buffer.alloc(256);

  constructor(facts: FakeFunctionFacts, siblings: readonly FakeFunctionFacts[]) {
    this.facts = facts;
    const several = siblings.some(({ slot, fn }) => slot === facts.slot && fn > 0);
    this.behind = (facts.behind ?? []).map((child, _index, all) => new FakeFunction(child, all));
    this.#bytes.writeUInt16LE(facts.vendor, 0);
    this.#bytes.writeUInt16LE(facts.device, 2);
    this.#bytes.writeUInt16LE(facts.classCode, 0x0a);
    this.#bytes.writeUInt8(facts.interface ?? 0, 0x09);
    this.#bytes.writeUInt8((several ? 0x80 : 0) | (facts.behind === undefined ? 0 : 1), 0x0e);
    this.#bytes.writeUInt8(facts.interruptPin, 0x3d);
    this.#writable.fill(0xff, 0x40);
    this.#writable.writeUInt16LE(0x0507, 4);
    this.#writable.writeUInt8(0xff, 0x3c);
    for (const bar of facts.bars) this.#addBar(bar);
    if (facts.behind !== undefined) this.#addBridge();
  }

  get isBridge(): boolean {
    return this.facts.behind !== undefined;
  }

  read(offset: number, size: number): number {
    return this.#bytes.readUIntLE(offset, size);
  }

  write(offset: number, value: number, size: number): void {
    for (let at = 0; at < size; at++) {
      const mask = this.#writable.readUInt8(offset + at);
      const byte = Math.floor(value / 2 ** (8 * at)) & mask;
      this.#bytes.writeUInt8((this.#bytes.readUInt8(offset + at) & ~mask) | byte, offset + at);
    }
  }

  /** Where a BAR lies; undefined while it is not decoded. */
  address({ index, isIo, is64 }: FakeBar): number | undefined {
    const command = this.#bytes.readUInt16LE(4);
    const register = this.#register(index);
    const low = this.#bytes.readUInt32LE(register);
    if (index === ROM_INDEX) return (low & 1) === 0 ? undefined : low - 1;
    if ((command & (isIo ? 1 : 2)) === 0) return undefined;
    const high = is64 ? this.#bytes.readUInt32LE(register + 4) : 0;
    return high * 2 ** 32 + ((low & (isIo ? ~3 : ~15)) >>> 0);
  }

  #register(index: number): number {
    if (index !== ROM_INDEX) return 0x10 + index * 4;
    return this.isBridge ? BRIDGE_ROM : ROM;
  }

  #addBar({ index, isIo, prefetch, is64, size }: FakeBar): void {
    const register = this.#register(index);
    const mask = Buffer.alloc(8);
    mask.writeBigUInt64LE(BigInt.asUintN(64, -BigInt(size)));
    view(this.#writable).set(mask.subarray(0, is64 ? 8 : 4), register);
    if (index === ROM_INDEX) this.#writable.writeUInt8(1, register);
    else this.#bytes.writeUInt8(isIo ? 1 : (is64 ? 4 : 0) | (prefetch ? 8 : 0), register);
  }

  #addBridge(): void {
    this.#writable.fill(0xff, 0x18, 0x1b);
    this.#writable.fill(0xf0, 0x1c, 0x1e);
    this.#writable.fill(0xff, 0x20, 0x34);
    for (const at of [0x20, 0x22, 0x24, 0x26]) this.#writable.writeUInt8(0xf0, at);
    for (const at of [0x24, 0x26]) this.#bytes.writeUInt8(1, at);
    this.#writable.writeUInt16LE(0x0fff, 0x3e);
    this.#bytes.writeUInt16LE(0x10, 6);
    this.#bytes.writeUInt8(0x40, 0x34);
    this.#writable.fill(0, 0x40, 0x90);
    if (this.facts.hints !== undefined) {
      this.#bytes.set([0x09, 0, 4 + this.facts.hints.length, 1, ...this.facts.hints], 0x60);
    }
    switch (this.facts.device) {
      case ROOT_PORT:
        // A port of PCI Express comes out of reset with its windows closed.
        this.#bytes.writeUInt8(0xf0, 0x1c);
        for (const at of [0x20, 0x24]) this.#bytes.writeUInt16LE(at === 0x20 ? 0xfff0 : 0xfff1, at);
        this.#bytes.set([0x10, this.facts.hints === undefined ? 0 : 0x60, 0x42, 0x01], 0x40);
        return;
      case PCIE_PCI_BRIDGE:
        this.#bytes.set([0x10, 0x50, 0x72, 0x00], 0x40);
        this.#bytes.set([0x0c, 0], 0x50);
        return;
      default:
        this.#bytes.set([0x0c, 0], 0x40);
    }
  }
}
