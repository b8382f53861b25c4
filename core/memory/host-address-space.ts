import { token } from "../di/token.ts";
import { disposable, type Disposable } from "../disposable.ts";
import { alignUp, type ByteLength, MiB, TiB } from "./address.ts";
import type { BlockAccess } from "./contract.ts";
import { memoryErrors } from "./errors.ts";
import { GapAllocator } from "./gap-allocator.ts";
import type { HostAddress, HostMemory } from "./host-memory.ts";
import type { RAMBlockDirectory } from "./ram-block-directory.ts";
import type { RAMBlock } from "./ram-block.ts";

/** What lies at a host address. */
export interface HostAddressTarget {
  readonly memory: HostMemory;
  readonly offset: number;
  /** Bytes from there to the end of the memory. */
  readonly length: number;
  /** The RAM block whose memory it is, if it is one's. */
  readonly block: RAMBlock | undefined;
}

export interface HostPlacement extends Disposable {
  readonly address: HostAddress;
  readonly length: ByteLength;
}

/**
 * The address space of the process as the interfaces of a host see it: RAM blocks, and whatever else memory is placed in
 * it (queues of a driver, mappings of another domain). Who maps memory for a device, or pins it, names it by its address;
 * a model of the device finds the bytes here.
 */
export interface HostAddressSpace {
  /** Gives memory that is no RAM block an address, page-aligned. Disposing takes the address back, not the memory. */
  place(memory: HostMemory): HostPlacement;
  find(address: HostAddress): HostAddressTarget | undefined;
  /** Throws `HOST_ADDRESS_UNMAPPED`, having done nothing, unless one memory holds the whole range. */
  read(address: HostAddress, into: Uint8Array): void;
  /** Marks dirty what is a RAM block's. */
  write(address: HostAddress, from: Uint8Array): void;
}

export const HOST_ADDRESS_SPACE = token<HostAddressSpace>("HOST_ADDRESS_SPACE");

const ALIGNMENT = 2 * MiB;
/** Memory is placed from here upwards; RAM blocks grow down from 127 TiB. */
const BASE = 16 * TiB;
const GUARD = 4096;

export class MachineHostAddressSpace implements HostAddressSpace {
  readonly #directory: RAMBlockDirectory;
  readonly #access: BlockAccess;
  readonly #placed = new GapAllocator<HostMemory>(ALIGNMENT, () => 0);

  constructor(directory: RAMBlockDirectory, access: BlockAccess) {
    this.#directory = directory;
    this.#access = access;
  }

  place(memory: HostMemory): HostPlacement {
    const start = this.#placed.allocate(memory, alignUp((memory.length + GUARD) as ByteLength, ALIGNMENT));
    const release = disposable(() => this.#placed.release(start));
    return {
      address: (BASE + start) as HostAddress,
      length: memory.length,
      dispose: () => release.dispose(),
    };
  }

  find(address: HostAddress): HostAddressTarget | undefined {
    const block = this.#directory.byHostAddress(address);
    if (block !== undefined) {
      const offset = address - block.hostAddress;
      return { memory: block.host, offset, length: block.maxLength - offset, block };
    }
    const placed = this.#placed.find(address - BASE);
    if (placed === undefined) return undefined;
    const offset = address - BASE - placed.start;
    if (offset >= placed.owner.length) return undefined;
    return { memory: placed.owner, offset, length: placed.owner.length - offset, block: undefined };
  }

  read(address: HostAddress, into: Uint8Array): void {
    const { memory, offset } = this.#hold(address, into.length);
    memory.read(offset, into);
  }

  write(address: HostAddress, from: Uint8Array): void {
    const { memory, offset, block } = this.#hold(address, from.length);
    if (block === undefined) memory.write(offset, from);
    else this.#access.write(block, offset, from);
  }

  /** What holds the whole range: two things never lie side by side, there is a guard behind each. */
  #hold(address: HostAddress, length: number): HostAddressTarget {
    const target = this.find(address);
    if (target === undefined) throw memoryErrors.HOST_ADDRESS_UNMAPPED(address);
    if (target.length < length) throw memoryErrors.HOST_ADDRESS_UNMAPPED(address + target.length);
    return target;
  }
}
