import { ACCESS_BY_PROCESSOR, guestAddress, type AddressSpace, type Clock } from "backplane";
import { ACCESS_NS, copyCost } from "./costs.ts";

export type AccessSize = 1 | 2 | 4;

/** Above this, addresses are not exact in a double: no guest memory is there. */
const ADDRESS_LIMIT = 2 ** 52;

/**
 * The processor's view of the machine: ports and memory, nothing else. Every access takes virtual time, and the clock
 * moves before the device sees it, so timers that fall due come first.
 */
export class Platform {
  readonly #io: AddressSpace;
  readonly #memory: AddressSpace;
  readonly #clock: Clock;
  /** The firmware believes what CPUID says of the width of addresses (leaf 0x80000008). */
  readonly trustsAddressBits: boolean;
  #spent = 0;
  #executingAt: number | undefined;

  constructor(io: AddressSpace, memory: AddressSpace, clock: Clock, trustsAddressBits = true) {
    this.#io = io;
    this.#memory = memory;
    this.#clock = clock;
    this.trustsAddressBits = trustsAddressBits;
  }

  /** Where the code lies whose access a device sees; undefined for the firmware's own, which lies nowhere. */
  get executingAt(): number | undefined {
    return this.#executingAt;
  }

  /** An instruction in guest memory writes a port. */
  outFrom(address: number, port: number, value: number, size: AccessSize): void {
    this.#executingAt = address;
    try {
      this.out(port, value, size);
    } finally {
      this.#executingAt = undefined;
    }
  }

  /** Virtual time used so far, in nanoseconds. */
  get spent(): number {
    return this.#spent;
  }

  get clock(): Clock {
    return this.#clock;
  }

  spend(nanoseconds: number): void {
    this.#spent += nanoseconds;
    this.#clock.spend(nanoseconds);
  }

  in(port: number, size: AccessSize): number {
    this.spend(ACCESS_NS);
    return this.#io.load(guestAddress(port), size, ACCESS_BY_PROCESSOR) >>> 0;
  }

  out(port: number, value: number, size: AccessSize): void {
    this.spend(ACCESS_NS);
    this.#io.store(guestAddress(port), value >>> 0, size, ACCESS_BY_PROCESSOR);
  }

  /** A device register in memory. */
  loadRegister(address: number): number {
    if (!isAddress(address)) return 0;
    this.spend(ACCESS_NS);
    return this.#memory.load(guestAddress(address), 4, ACCESS_BY_PROCESSOR) >>> 0;
  }

  storeRegister(address: number, value: number): void {
    if (!isAddress(address)) return;
    this.spend(ACCESS_NS);
    this.#memory.store(guestAddress(address), value >>> 0, 4, ACCESS_BY_PROCESSOR);
  }

  /** The processor fetches an instruction; its time is that of what it does. */
  fetch(address: number): void {
    this.#memory.load(guestAddress(address), 1, ACCESS_BY_PROCESSOR);
  }

  /** Copies out of memory; zeros for addresses that no machine has. */
  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    if (!isAddress(address + length)) return bytes;
    this.spend(copyCost(length));
    this.#memory.read(guestAddress(address), bytes, ACCESS_BY_PROCESSOR);
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    if (!isAddress(address + bytes.length)) return;
    this.spend(copyCost(bytes.length));
    this.#memory.write(guestAddress(address), bytes, ACCESS_BY_PROCESSOR);
  }
}

function isAddress(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= ADDRESS_LIMIT;
}
