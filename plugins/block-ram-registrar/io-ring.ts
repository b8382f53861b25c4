// A model of io_uring's registered buffers: io_uring_register(2), include/uapi/linux/io_uring.h. A table has at most
// 16384 slots (IORING_MAX_REG_BUFFERS), a buffer at most 1 GiB, and what is registered counts as locked memory
// (RLIMIT_MEMLOCK) in whole pages, each time that it is registered.
import {
  GiB,
  HostCallError,
  HostCalls,
  type HostAddress,
  type HostAddressSpace,
  type HostFault,
  type HostResource,
} from "backplane";
import type { IoRing, IoRingHost } from "./contract.ts";

export const IO_RING_CALLS = ["setup", "registerBuffers", "updateBuffer", "unregisterBuffers"] as const;
type IoRingCall = (typeof IO_RING_CALLS)[number];
const PAGE_SIZE = 4096;

/** Lengths by slot. */
interface Table {
  readonly slots: number;
  readonly held: Map<number, number>;
}

export interface IoRingLimit {
  readonly buffers: number;
  readonly bytes?: number;
}

export class ModelIoRingHost implements IoRingHost {
  readonly limits: IoRingHost["limits"];
  /** What is registered and not yet let go, over all rings. */
  readonly resources: readonly HostResource[] = [
    { name: "block-ram-registrar rings", outstanding: () => this.#rings },
    { name: "block-ram-registrar buffers", outstanding: () => this.#buffers },
    { name: "block-ram-registrar locked bytes", outstanding: () => this.#locked },
  ];
  readonly #calls: HostCalls<IoRingCall>;
  readonly #limit: IoRingLimit;
  readonly #memory: HostAddressSpace;
  #rings = 0;
  #buffers = 0;
  #locked = 0;

  constructor(limit: IoRingLimit, faults: readonly HostFault[], memory: HostAddressSpace) {
    this.#limit = limit;
    this.#memory = memory;
    this.#calls = new HostCalls("block-ram-registrar", IO_RING_CALLS, faults);
    this.limits = { slots: limit.buffers, bufferBytes: GiB };
  }

  setup(): IoRing {
    this.#calls.enter("setup");
    this.#rings++;
    let table: Table | undefined;
    let isOpen = true;
    const empty = (): void => {
      for (const length of table?.held.values() ?? []) this.#account(length, 0);
      table = undefined;
    };
    return {
      registerBuffers: (slots) => {
        this.#calls.enter("registerBuffers");
        if (table !== undefined) throw new HostCallError("registerBuffers", "EBUSY");
        if (slots <= 0 || slots > this.#limit.buffers) throw new HostCallError("registerBuffers", "EINVAL");
        table = { slots, held: new Map() };
      },
      updateBuffer: (slot, address, length) => {
        this.#calls.enter("updateBuffer");
        if (table === undefined) throw new HostCallError("updateBuffer", "ENXIO");
        if (slot < 0 || slot >= table.slots) throw new HostCallError("updateBuffer", "EINVAL");
        const before = table.held.get(slot) ?? 0;
        this.#check(address, length, before);
        if (length === 0) table.held.delete(slot);
        else table.held.set(slot, length);
        this.#account(before, length);
      },
      unregisterBuffers: () => {
        this.#calls.enter("unregisterBuffers");
        if (table === undefined) throw new HostCallError("unregisterBuffers", "ENXIO");
        empty();
      },
      // Closing the ring lets go of everything that was registered with it.
      dispose: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#rings--;
        empty();
      },
    };
  }

  #check(address: HostAddress, length: number, before: number): void {
    if (length === 0) return;
    const found = this.#memory.find(address);
    if (length > this.limits.bufferBytes || found === undefined || found.length < length)
      throw new HostCallError("updateBuffer", "EFAULT");
    const locked = this.#locked - pages(before) + pages(length);
    if (this.#limit.bytes !== undefined && locked > this.#limit.bytes)
      throw new HostCallError("updateBuffer", "ENOMEM");
  }

  #account(before: number, after: number): void {
    this.#buffers += Number(after > 0) - Number(before > 0);
    this.#locked += pages(after) - pages(before);
  }
}

function pages(length: number): number {
  return Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
}
