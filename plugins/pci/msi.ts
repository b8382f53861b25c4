// Message-signalled interrupts: PCI Local Bus Specification 3.0 §6.8.1 (MSI) and §6.8.2 (MSI-X).
import { byteLength, guestAddress, type MemoryRegion, type MemoryRegions } from "backplane";
import type { ConfigSpace } from "./config-space.ts";
import type { PciMsi, PciMsix } from "./contract.ts";

/** A message: a 32-bit write to memory. */
export type SendMessage = (address: number, data: number) => void;

const MSI = { enable: 0x1, multipleEnable: 0x70, bits64: 0x80, perVectorMask: 0x100 } as const;

export interface MsiShape {
  readonly vectors: number;
  readonly bits64: boolean;
  readonly perVectorMask: boolean;
}

export function msiLength({ bits64, perVectorMask }: MsiShape): number {
  return (bits64 ? 14 : 10) + (perVectorMask ? 10 : 0);
}

export class Msi implements PciMsi {
  readonly #config: ConfigSpace;
  readonly #at: number;
  readonly #shape: MsiShape;
  readonly #send: SendMessage;

  constructor(config: ConfigSpace, at: number, shape: MsiShape, send: SendMessage) {
    this.#config = config;
    this.#at = at;
    this.#shape = shape;
    this.#send = send;
    const order = Math.log2(shape.vectors);
    config.set16(
      at + 2,
      (order << 1) | (shape.bits64 ? MSI.bits64 : 0) | (shape.perVectorMask ? MSI.perVectorMask : 0),
    );
    config.setWritable(at + 2, 2, MSI.enable | MSI.multipleEnable);
    config.setWritable(at + 4, 4, 0xfffffffc);
    if (shape.bits64) config.setWritable(at + 8, 4, 0xffffffff);
    config.setWritable(this.#dataAt, 2, 0xffff);
    if (shape.perVectorMask) config.setWritable(this.#maskAt, 4, 2 ** shape.vectors - 1);
  }

  get #dataAt(): number {
    return this.#at + (this.#shape.bits64 ? 12 : 8);
  }

  get #maskAt(): number {
    return this.#dataAt + 4;
  }

  get #pendingAt(): number {
    return this.#dataAt + 8;
  }

  get enabled(): boolean {
    return (this.#config.get16(this.#at + 2) & MSI.enable) !== 0;
  }

  send(vector: number): void {
    if (!this.enabled) return;
    if (this.#isMasked(vector)) {
      this.#config.set32(this.#pendingAt, (this.#config.get32(this.#pendingAt) | (1 << vector)) >>> 0);
      return;
    }
    const high = this.#shape.bits64 ? this.#config.get32(this.#at + 8) : 0;
    const granted = 2 ** ((this.#config.get16(this.#at + 2) & MSI.multipleEnable) >>> 4);
    const data = this.#config.get16(this.#dataAt);
    this.#send(high * 2 ** 32 + this.#config.get32(this.#at + 4), (data & ~(granted - 1)) | (vector & (granted - 1)));
  }

  /** After the guest wrote the capability: what was pending and is no longer masked goes out. */
  written(): void {
    if (!this.enabled) return;
    this.#limitVectors();
    if (!this.#shape.perVectorMask) return;
    const pending = this.#config.get32(this.#pendingAt);
    for (let vector = 0; vector < this.#shape.vectors; vector++) {
      if ((pending & (1 << vector)) === 0 || this.#isMasked(vector)) continue;
      this.#config.set32(this.#pendingAt, (this.#config.get32(this.#pendingAt) & ~(1 << vector)) >>> 0);
      this.send(vector);
    }
  }

  /** No more messages than there are; the guest may have asked for more. */
  #limitVectors(): void {
    const control = this.#config.get16(this.#at + 2);
    const order = Math.log2(this.#shape.vectors);
    if ((control & MSI.multipleEnable) >>> 4 <= order) return;
    this.#config.set16(this.#at + 2, (control & ~MSI.multipleEnable) | (order << 4));
  }

  reset(): void {
    this.#config.clearWritten16(this.#at + 2);
    this.#config.set32(this.#at + 4, 0);
    if (this.#shape.bits64) this.#config.set32(this.#at + 8, 0);
    this.#config.set16(this.#dataAt, 0);
    if (!this.#shape.perVectorMask) return;
    this.#config.set32(this.#maskAt, 0);
    this.#config.set32(this.#pendingAt, 0);
  }

  #isMasked(vector: number): boolean {
    return this.#shape.perVectorMask && (this.#config.get32(this.#maskAt) & (1 << vector)) !== 0;
  }
}

const MSIX = { enable: 0x8000, functionMask: 0x4000 } as const;
const ENTRY_LENGTH = 16;
const VECTOR_MASKED = 0x1;
export const MSIX_LENGTH = 12;

/** Table and pending bits in a BAR of their own, the pending bits in its upper half. */
export class Msix implements PciMsix {
  readonly container: MemoryRegion;
  readonly #config: ConfigSpace;
  readonly #at: number;
  readonly #vectors: number;
  readonly #send: SendMessage;
  readonly #table: DataView;
  readonly #pending: Uint8Array;

  constructor(
    config: ConfigSpace,
    at: number,
    vectors: number,
    bar: { readonly index: number; readonly name: string; readonly length: number | undefined },
    regions: MemoryRegions,
    send: SendMessage,
  ) {
    this.#config = config;
    this.#at = at;
    this.#vectors = vectors;
    this.#send = send;
    this.#table = new DataView(new ArrayBuffer(vectors * ENTRY_LENGTH));
    this.#pending = new Uint8Array(Math.ceil(vectors / 64) * 8);
    const half =
      bar.length === undefined ? Math.max(0x800, 2 ** Math.ceil(Math.log2(vectors * ENTRY_LENGTH))) : bar.length / 2;
    this.container = regions.container(bar.name, byteLength(half * 2));
    this.container.addSubregion(
      guestAddress(0),
      regions.io("msix-table", byteLength(this.#table.byteLength), this.#tableOps()),
    );
    this.container.addSubregion(
      guestAddress(half),
      regions.io("msix-pba", byteLength(this.#pending.length), this.#pendingOps()),
    );
    config.set16(at + 2, vectors - 1);
    config.set32(at + 4, bar.index);
    config.set32(at + 8, half | bar.index);
    config.setWritable(at + 2, 2, MSIX.enable | MSIX.functionMask);
    this.reset();
  }

  get enabled(): boolean {
    return (this.#config.get16(this.#at + 2) & MSIX.enable) !== 0;
  }

  send(vector: number): void {
    if (!this.enabled || vector >= this.#vectors) return;
    if (this.#isMasked(vector)) {
      this.#pending[vector >> 3] = (this.#pending[vector >> 3] ?? 0) | (1 << (vector & 7));
      return;
    }
    const entry = vector * ENTRY_LENGTH;
    const address = this.#table.getUint32(entry + 4, true) * 2 ** 32 + this.#table.getUint32(entry, true);
    this.#send(address, this.#table.getUint32(entry + 8, true));
  }

  clearPending(vector: number): void {
    this.#pending[vector >> 3] = (this.#pending[vector >> 3] ?? 0) & ~(1 << (vector & 7));
  }

  captureState(): Uint8Array {
    const pending = Math.ceil(this.#vectors / 8);
    const bytes = new Uint8Array(this.#table.byteLength + pending);
    bytes.set(new Uint8Array(this.#table.buffer));
    bytes.set(this.#pending.subarray(0, pending), this.#table.byteLength);
    return bytes;
  }

  restoreState(bytes: Uint8Array): void {
    new Uint8Array(this.#table.buffer).set(bytes.subarray(0, this.#table.byteLength));
    this.#pending.set(bytes.subarray(this.#table.byteLength));
  }

  written(): void {
    for (let vector = 0; vector < this.#vectors; vector++) this.#release(vector);
  }

  reset(): void {
    this.#config.clearWritten16(this.#at + 2);
    this.#pending.fill(0);
    for (let vector = 0; vector < this.#vectors; vector++) {
      for (let field = 0; field < 12; field += 4) this.#table.setUint32(vector * ENTRY_LENGTH + field, 0, true);
      this.#table.setUint32(vector * ENTRY_LENGTH + 12, VECTOR_MASKED, true);
    }
  }

  #isMasked(vector: number): boolean {
    const control = this.#config.get16(this.#at + 2);
    return (
      (control & MSIX.functionMask) !== 0 ||
      (this.#table.getUint32(vector * ENTRY_LENGTH + 12, true) & VECTOR_MASKED) !== 0
    );
  }

  #release(vector: number): void {
    const bit = 1 << (vector & 7);
    const byte = this.#pending[vector >> 3] ?? 0;
    if (!this.enabled || (byte & bit) === 0 || this.#isMasked(vector)) return;
    this.#pending[vector >> 3] = byte & ~bit;
    this.send(vector);
  }

  #tableOps() {
    return {
      valid: { min: 4, max: 8 },
      impl: { min: 4, max: 4 },
      read: (offset: number) => this.#table.getUint32(offset, true),
      write: (offset: number, value: number) => {
        this.#table.setUint32(offset, value, true);
        this.#release(Math.floor(offset / ENTRY_LENGTH));
      },
    } as const;
  }

  #pendingOps() {
    return {
      valid: { min: 4, max: 8 },
      impl: { min: 4, max: 4 },
      read: (offset: number) => new DataView(this.#pending.buffer).getUint32(offset, true),
      // Read-only (§6.8.2.10): a write has no effect.
      write: () => undefined,
    } as const;
  }
}
