// Access to the structures through configuration space, for firmware that cannot map BARs: VirtIO 1.2 §4.1.4.9.
import type { MemoryRegionOps } from "backplane";
import type { PciFunction } from "backplane/plugins/pci/contract";

const AT = { bar: 4, offset: 8, length: 12, data: 16 } as const;
const DATA_LENGTH = 4;

export interface WindowTarget {
  readonly start: number;
  readonly length: number;
  readonly ops: MemoryRegionOps;
}

export class ConfigWindow {
  readonly #subject: PciFunction;
  readonly #at: number;
  readonly #targets: readonly WindowTarget[];

  constructor(subject: PciFunction, at: number, targets: readonly WindowTarget[]) {
    this.#subject = subject;
    this.#at = at;
    this.#targets = targets;
    const { config } = subject;
    config.setWritable(at + AT.bar, 1, 0xff);
    for (const offset of [AT.offset, AT.length, AT.data]) config.setWritable(at + offset, 4, 0xffffffff);
  }

  reading(offset: number, size: number): void {
    const access = this.#access(offset, size);
    if (access === undefined) return;
    const { ops, at, width } = access;
    const value = ops.read(at, width);
    const { config } = this.#subject;
    if (width === 4) config.set32(this.#at + AT.data, value);
    else if (width === 2) config.set16(this.#at + AT.data, value);
    else config.set8(this.#at + AT.data, value);
  }

  written(offset: number, size: number): void {
    const access = this.#access(offset, size);
    if (access === undefined) return;
    const { ops, at, width } = access;
    const value = this.#subject.config.get32(this.#at + AT.data);
    ops.write(at, width === 4 ? value : value & (2 ** (8 * width) - 1), width);
  }

  /** What the data register stands for, if the access touches it and its address and width are allowed. */
  #access(offset: number, size: number) {
    const data = this.#at + AT.data;
    if (offset >= data + DATA_LENGTH || offset + size <= data) return undefined;
    const { config } = this.#subject;
    const width = config.get32(this.#at + AT.length);
    if (width !== 1 && width !== 2 && width !== 4) return undefined;
    const wanted = config.get32(this.#at + AT.offset);
    const address = wanted - (wanted % width);
    const target = this.#targets.find(({ start, length }) => address >= start && address + width <= start + length);
    return target === undefined ? undefined : { ops: target.ops, at: address - target.start, width };
  }
}
