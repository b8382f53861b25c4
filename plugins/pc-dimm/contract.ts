/** Memory devices: what is plugged into the slots and where in the guest's address space. */
import {
  token,
  type ByteLength,
  type DeviceContext,
  type Disposable,
  type GuestAddress,
  type MemoryRegion,
} from "backplane";
import type { MemoryBackend } from "backplane/plugins/memory-backend/contract";

/** What a device brings. */
export interface DimmMemory {
  readonly backend: MemoryBackend;
  /** What the guest sees: the backend's region, or a part of it (an NVDIMM without its label area). */
  readonly region: MemoryRegion;
}

/** What a DIMM-like device wants plugged. */
export interface DimmRequest {
  /** What else forbids it, asked once memory devices are possible at all. Throws. */
  check?(): void;
  readonly device: Pick<DeviceContext, "id" | "object" | "path" | "hotplugged">;
  readonly kind: "dimm" | "nvdimm";
  /** Guest address, slot and node as the user asked for them; an absent one is found. */
  readonly address: bigint | undefined;
  readonly slot: number | undefined;
  readonly node: number;
  /** Checks the device's own properties and opens its memory: called when a slot has been found, before an address is. */
  memory(): DimmMemory;
}

export interface MemoryDevice {
  readonly kind: "dimm" | "nvdimm";
  readonly id: string | undefined;
  /** In the object tree. */
  readonly path: string;
  readonly address: GuestAddress;
  readonly size: ByteLength;
  readonly slot: number;
  readonly node: number;
  readonly backend: MemoryBackend;
  readonly hotplugged: boolean;
}

/** Who tells the guest that a device is to go. */
export interface MemoryUnplug {
  /** The guest's answer ends in `Devices.remove`. */
  requestUnplug(device: MemoryDevice): void;
}

/** The slots. */
export interface MemoryDevices {
  readonly slots: number;
  /**
   * Finds slot and address, maps the region, names the backend's block and makes it migratable. Disposing the result
   * takes it all back. Throws with the peer's texts, in the peer's order.
   */
  plug(request: DimmRequest): MemoryDevice & Disposable;
  /** Ascending by address, as `query-memory-devices` lists them. */
  all(): readonly MemoryDevice[];
  /** Hears of each device after it was plugged or unplugged. */
  onChange(listener: (device: MemoryDevice, change: "plugged" | "unplugged") => void): Disposable;
  /** The host's user wants a device gone. Throws where nobody tells the guest. */
  requestUnplug(device: MemoryDevice): void;
  useUnplug(unplug: MemoryUnplug): Disposable;
}

export const MEMORY_DEVICES = token<MemoryDevices>("MEMORY_DEVICES");

/** Reads `addr`, `slot` and `node` of a DIMM-like device; the properties that all of them have. */
export { DIMM_PROPERTIES, dimmPlace } from "./properties.ts";
