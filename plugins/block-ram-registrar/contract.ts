/**
 * Guest memory that a block backend knows beforehand, so that requests go into and out of it without a copy:
 *
 *     this.registrar = registrars.open(backend, { path: device.path, log: device.log });
 *     …
 *     const direct = this.registrar.holds(block);
 *
 * A registrar follows the RAM blocks of the machine from then on, and gives up for good when the backend refuses one.
 */
import { token, type Disposable, type HostAddress, type Logger, type RAMBlock } from "backplane";
import type { BlockBackend } from "backplane/plugins/block/contract";

/** Whose backend it is. */
export interface RegistrarOwner {
  /** Place in the object tree. */
  readonly path: string;
  readonly log: Logger;
}

export interface BlockRAMRegistrar extends Disposable {
  readonly owner: RegistrarOwner;
  readonly backend: BlockBackend;
  /** All memory there is, is registered. Once false it stays so, and nothing is. */
  readonly ok: boolean;
  /** Why it gave up. */
  readonly failure: string | undefined;
  /** What is registered now, pieces and bytes. */
  readonly buffers: number;
  readonly bytes: number;
  /** Requests may go straight into and out of the block. */
  holds(block: RAMBlock): boolean;
  /** Requests of its owner, by how their data went. */
  readonly transfers: { direct: number; bounced: number };
}

export interface BlockRAMRegistrars {
  /** Registers all memory there is before it returns. Never fails: one that was refused is not `ok`. */
  open(backend: BlockBackend, owner: RegistrarOwner): BlockRAMRegistrar;
  /** In the order in which they were opened. */
  all(): readonly BlockRAMRegistrar[];
}

export const BLOCK_RAM_REGISTRARS = token<BlockRAMRegistrars>("BLOCK_RAM_REGISTRARS");

/**
 * An instance of the host's asynchronous I/O, as far as it is about registered buffers: io_uring_register(2). Calls throw
 * a `HostCallError` and then have changed nothing.
 */
export interface IoRing extends Disposable {
  /**
   * `IORING_REGISTER_BUFFERS2` with `IORING_RSRC_REGISTER_SPARSE`: a table of empty slots. EBUSY: there is one already;
   * EINVAL: none were asked for, or more than there may be.
   */
  registerBuffers(slots: number): void;
  /**
   * `IORING_REGISTER_BUFFERS_UPDATE` of one slot, which lets go of what it held; length 0 leaves it empty. ENXIO: there is
   * no table; EINVAL: no such slot; EFAULT: no memory lies there, or it is longer than 1 GiB; ENOMEM: too much is locked.
   */
  updateBuffer(slot: number, address: HostAddress, length: number): void;
  /** `IORING_UNREGISTER_BUFFERS`. ENXIO: there is no table. */
  unregisterBuffers(): void;
}

/** A host that has it. A plugin that provides the token puts its own in the place of the model. */
export interface IoRingHost {
  /** `io_uring_setup(2)`. */
  setup(): IoRing;
  /** Largest table, and longest buffer, that `registerBuffers` and `updateBuffer` take. */
  readonly limits: { readonly slots: number; readonly bufferBytes: number };
}

export const IO_RING_HOST = token<IoRingHost>("IO_RING_HOST");
