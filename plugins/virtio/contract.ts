/**
 * VirtIO 1.2 over PCI. A device class plugs what it is while it is realized:
 *
 *     realize() {
 *       this.card = this.virtio.plug({ device: this.device, backend: this, type: 18, name: "virtio-input", … });
 *     }
 *
 * with `...virtioPciProperties(vectors)`, `...pciProperties`, its own, and `...virtioProperties` among its type's
 * properties, in this order, which is the peer's.
 */
import { token, type AccessAttributes, type AddressSpace, type DeviceContext, type QomProperty } from "backplane";
import type { PciFunction } from "backplane/plugins/pci/contract";

export { VIRTIO_FEATURE, VIRTIO_STATUS } from "./registers.ts";
export { virtioPciProperties, virtioProperties } from "./properties.ts";

/** Feature bits 0 to 31 and 32 to 63. */
export interface VirtioFeatures {
  readonly low: number;
  readonly high: number;
}

/** What a kind of device is, beyond the transport. */
export interface VirtioBackend {
  /** Feature bits of the kind (0 to 23 and 50 up); the transport adds its own. */
  readonly features: VirtioFeatures;
  /** Bytes of the device's configuration as they are now. */
  readConfig(into: Uint8Array): void;
  /** The driver wrote configuration; `bytes` is all of it. */
  writeConfig?(bytes: Uint8Array): void;
  /** The driver made buffers available in a queue. */
  notified(queue: VirtQueue): void;
  /** The driver changed the status; `ready` is DRIVER_OK. */
  statusChanged?(ready: boolean): void;
  /**
   * What comes of requests from before is thrown away from now on. A promise resolves when none of them touches memory
   * any more: until then the status does not read as 0 (§4.1.4.3.1), which tells the driver to wait.
   */
  reset?(): void | Promise<void>;
}

/**
 * A type of a kind's own that works one way only: as a conventional device with the legacy interface, or without it.
 * The common type does what its properties and its place say.
 */
export type VirtioVariant = "transitional" | "non-transitional";

export interface VirtioRequest {
  readonly device: DeviceContext;
  readonly backend: VirtioBackend;
  /** As in names of regions: `virtio-input`. */
  readonly name: string;
  readonly variant?: VirtioVariant;
  /** The type of the device without its card; it gets those of the card's values that it has properties for. */
  readonly inner?: string;
  /** What values came to, on the card and on the device without it. */
  readonly shows?: readonly QomProperty[];
  /** Features that a device without the modern interface offers besides, and does not offer (bits of the first word). */
  readonly legacyOnly?: { readonly adds: number; readonly removes: number };
  /** Device type of VirtIO 1.2 §5: 18 is input. */
  readonly type: number;
  /** Class and subclass. */
  readonly classId: number;
  readonly programmingInterface?: number;
  /** The id of the transitional device; absent for kinds that never were legacy. */
  readonly transitionalId?: number;
  readonly configLength: number;
  /** Sizes of the queues. */
  readonly queues: readonly number[];
  /** Migrations carry it. */
  readonly carried?: VirtioCarried;
  /** MSI-X vectors where the property says nothing. */
  readonly vectors?: number;
}

/** How a kind goes into a migration, which needs nothing of it but what the driver sees. */
export interface VirtioCarried {
  /** Of the state; default 1. */
  readonly version?: number;
  /** Requests may outlast the stop of the machine. With one that does there is no migration. */
  readonly holdsRequests?: boolean;
  /** Resolves when no request is under way that will end by itself. */
  readonly settle?: () => Promise<void>;
}

/** A contiguous piece of guest memory as the driver named it. */
export interface VirtSegment {
  readonly address: number;
  readonly length: number;
}

/** A chain of descriptors that the device has taken. */
export interface VirtQueueElement {
  readonly head: number;
  /** What the device reads, then what it writes. */
  readonly readable: readonly VirtSegment[];
  readonly writable: readonly VirtSegment[];
  readonly readableLength: number;
  readonly writableLength: number;
}

export interface VirtQueue {
  readonly index: number;
  /** Entries, as the driver set it. */
  readonly size: number;
  readonly ready: boolean;
  /** The next available chain. Undefined when there is none, or when the driver broke the rules (the device then needs a reset). */
  pop(): VirtQueueElement | undefined;
  /** Gives the last popped chain back as if it had not been taken. */
  unpop(element: VirtQueueElement): void;
  /** Copies out of the readable part from `offset` on; returns how much there was. */
  read(element: VirtQueueElement, into: Uint8Array, offset?: number): number;
  /** Copies into the writable part from `offset` on; returns how much went in. */
  write(element: VirtQueueElement, from: Uint8Array, offset?: number): number;
  /** Returns the chain to the driver, with how many bytes were written into it. */
  push(element: VirtQueueElement, written: number): void;
  /** Interrupts the driver unless it asked not to be. */
  notify(): void;
}

/** A plugged virtio function. */
export interface VirtioCard {
  readonly subject: PciFunction;
  /** What the device reaches of memory now, and how its accesses introduce themselves. */
  readonly memory: { readonly space: AddressSpace; readonly attributes: AccessAttributes };
  readonly queues: readonly VirtQueue[];
  /** What was negotiated. */
  readonly features: VirtioFeatures;
  readonly ready: boolean;
  /** The device's configuration changed by itself: tells the driver. */
  configChanged(): void;
  /** The driver broke a rule: DEVICE_NEEDS_RESET, and nothing more until it resets. */
  fail(reason: string, details?: { readonly [key: string]: unknown }): void;
}

export interface Virtio {
  plug(request: VirtioRequest): VirtioCard;
}

export const VIRTIO = token<Virtio>("VIRTIO");
