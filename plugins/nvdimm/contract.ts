/** NVDIMMs, as the ACPI tables and the label mailbox see them. */
import { token, type ByteLength, type Disposable, type GuestAddress } from "backplane";

export interface Nvdimm {
  readonly id: string | undefined;
  /** Path in the object tree, by which the NFIT is ordered. */
  readonly path: string;
  readonly slot: number;
  readonly node: number;
  readonly base: GuestAddress;
  /** Persistent memory that the guest sees, without the label area. */
  readonly size: ByteLength;
  readonly unarmed: boolean;
  /** The backend cannot be written, and so neither can the label area. */
  readonly readonly: boolean;
  readonly uuid: string | undefined;
  readonly labelSize: ByteLength;
  /** The label area behind the persistent memory, in the same backend. Out of range throws `NVDIMM_LABEL_RANGE`. */
  readLabel(offset: number, into: Uint8Array): void;
  writeLabel(offset: number, from: Uint8Array): void;
}

export interface Nvdimms {
  /** `-machine nvdimm=on`. */
  readonly enabled: boolean;
  /** `-machine nvdimm-persistence=…`. */
  readonly persistence: "mem-ctrl" | "cpu" | undefined;
  /** In the order of the object tree: the order of the NFIT. */
  readonly plugged: readonly Nvdimm[];
  onChange(listener: (nvdimm: Nvdimm, change: "plugged" | "unplugged") => void): Disposable;
}

export const NVDIMMS = token<Nvdimms>("NVDIMMS");
