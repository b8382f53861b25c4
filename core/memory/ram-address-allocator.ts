import { alignUp, KiB, MiB, TARGET_PAGE_SIZE, TiB, type RamAddress } from "./address.ts";
import { GapAllocator } from "./gap-allocator.ts";
import type { HostAddress } from "./host-memory.ts";
import type { RAMBlockState } from "./ram-block-state.ts";

/** Blocks start on a word of a 64-bit dirty bitmap. */
const RAM_ADDRESS_ALIGNMENT = 64 * TARGET_PAGE_SIZE;
const HOST_ALIGNMENT = 2 * MiB;
const HOST_TOP = 127 * TiB;
const GUARD = 4 * KiB;

const byListOrder = (a: RAMBlockState, b: RAMBlockState): number => a.compare(b);

/** The places of blocks in ram-address space, and the host addresses that the peer's table shows. */
export class RamAddressAllocator {
  readonly #ram = new GapAllocator<RAMBlockState>(RAM_ADDRESS_ALIGNMENT, byListOrder);
  /** Depth below `HOST_TOP`: mappings grow downwards, as the kernel places them. */
  readonly #host = new GapAllocator<RAMBlockState>(HOST_ALIGNMENT, byListOrder);

  assign(block: RAMBlockState): void {
    block.offset = this.#ram.allocate(block, block.maxLength) as RamAddress;
    const reserved = hostReserve(block);
    block.hostAddress = (HOST_TOP - this.#host.allocate(block, reserved) - reserved) as HostAddress;
  }

  release(block: RAMBlockState): void {
    this.#ram.release(block.offset);
    this.#host.release(HOST_TOP - block.hostAddress - hostReserve(block));
  }

  atRamAddress(address: number): RAMBlockState | undefined {
    return this.#ram.find(address)?.owner;
  }

  atHostAddress(address: number): RAMBlockState | undefined {
    // A depth counts from above: the byte at `address` lies just below depth HOST_TOP - address.
    const block = this.#host.find(HOST_TOP - address - 1)?.owner;
    return block !== undefined && address < block.hostAddress + block.maxLength ? block : undefined;
  }
}

function hostReserve(block: RAMBlockState): number {
  return alignUp(block.maxLength + GUARD, HOST_ALIGNMENT);
}
