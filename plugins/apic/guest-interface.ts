import {
  byteLength,
  guestAddress,
  regionOffset,
  token,
  type AddressSpace,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";

/** Where the guest's present instruction lies, as a linear address; undefined where no instruction makes the access. */
export type ExecutingAt = () => number | undefined;
export const EXECUTING_AT = token<ExecutingAt>("EXECUTING_AT");

/** ROMs are laid at, and measured in, blocks (PCI Firmware Specification 3.0 §5.1.2). */
const BLOCK = 512;
const LENGTH_AT = 2;
const PAGE = 4096;
/** Above the chipset's shadow RAM, which may be read-only. */
const PRIORITY = 1000;
/** `mov eax, 1`, then `vmcall` or `vmmcall`; and what it becomes where no hypervisor listens: `nop; out 0x7e, eax`. */
const CALL = [0xb8, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x01] as const;
const CALL_ENDS: readonly number[] = [0xc1, 0xd9];
const PORT_WRITE = Uint8Array.of(0x90, 0xe7, 0x7e);
const CALL_AT = 5;

/** Bytes of the ROM's own state that a migration carries. */
const ROM_STATE = 124;

export interface GuestInterfaceState {
  readonly rom: Uint8Array;
  isActive: number;
  taskPriorityAddress: number;
  romVirtual: number;
  page: number;
  stateAddress: number;
}

/**
 * Port 0x7e, by which the option ROM `kvmvapic.bin` offers itself for speeding up task priority accesses: 16 bits say
 * where in the ROM its state lies, and that the ROM may be written from now on. Single bytes ask to reactivate it, which
 * needs a processor's registers and is logged only.
 */
export class GuestInterface {
  readonly port: MemoryRegion;
  readonly #regions: MemoryRegions;
  readonly #memory: AddressSpace;
  readonly #executingAt: ExecutingAt;
  readonly #log: Logger;
  /** The ROM's block and its state's place in it; undefined while there was no offer. */
  #state: number | undefined;
  #writable: MemoryRegion | undefined;
  /** What another machine's guest did with it that has processor registers. */
  #brought: GuestInterfaceState = {
    rom: new Uint8Array(ROM_STATE),
    isActive: 0,
    taskPriorityAddress: 0,
    romVirtual: 0,
    page: 0,
    stateAddress: 0,
  };

  constructor(regions: MemoryRegions, memory: AddressSpace, executingAt: ExecutingAt, log: Logger) {
    this.#regions = regions;
    this.#memory = memory;
    this.#executingAt = executingAt;
    this.#log = log;
    this.port = regions.io("kvmvapic", byteLength(2), {
      valid: { min: 1, max: 4 },
      read: () => 0xffffffff,
      write: (_offset, value, size) => {
        if (size === 2) this.#offer(value);
        else if (size === 1) log.debug("the APIC option ROM was not reactivated: there are no registers to look at");
      },
    });
  }

  captureState(): GuestInterfaceState {
    const { rom, ...registers } = this.#brought;
    return {
      ...registers,
      stateAddress: this.#state ?? 0,
      isActive: this.#state === undefined ? 0 : 1,
      rom: rom.slice(),
    };
  }

  restoreState(state: GuestInterfaceState): void {
    this.#brought = state;
    this.#state = undefined;
    if (state.isActive === 0 || state.stateAddress === 0) return this.dispose();
    const start = state.stateAddress - (state.stateAddress % BLOCK);
    if (this.#makeWritable(start) > 0) this.#state = state.stateAddress;
  }

  /** The offer is forgotten; what was made writable stays so. */
  reset(): void {
    this.#state = undefined;
  }

  dispose(): void {
    if (this.#writable !== undefined) this.#memory.root.removeSubregion(this.#writable);
    this.#writable = undefined;
  }

  #offer(value: number): void {
    const at = this.#executingAt();
    if (at === undefined) {
      this.#log.debug("an offer of the APIC option ROM was ignored: no instruction made it", { value });
      return;
    }
    this.#state ??= at - (at % BLOCK) + value;
    const start = this.#state - (this.#state % BLOCK);
    const size = this.#makeWritable(start);
    if (size === 0) this.#state = undefined;
    else this.#patchCalls(start, size);
  }

  /** Lays RAM over it, whatever else stands there. Returns the ROM's length, 0 when it has none. */
  #makeWritable(start: number): number {
    this.dispose();
    const ram = this.#memory.find(guestAddress(0));
    const host = ram?.region.ramBlock?.host;
    if (ram === undefined || host === undefined || start + LENGTH_AT >= ram.region.size) return 0;
    const size = host.readUint(start + LENGTH_AT, 1) * BLOCK;
    if (size === 0) return 0;
    const first = start - (start % PAGE);
    const pages = Math.ceil((start + size - first) / PAGE);
    const alias = this.#regions.withOwner(this.port.owner, () =>
      this.#regions.alias("kvmvapic-rom", ram.region, regionOffset(first), byteLength(pages * PAGE)),
    );
    this.#memory.root.addSubregion(guestAddress(first), alias, PRIORITY);
    this.#writable = alias;
    return size;
  }

  #patchCalls(start: number, size: number): void {
    const rom = new Uint8Array(size);
    this.#memory.read(guestAddress(start), rom);
    for (let at = 0; at + CALL.length < size; at++) {
      const isCall = CALL.every((byte, index) => rom[at + index] === byte);
      if (isCall && CALL_ENDS.includes(rom[at + CALL.length] ?? 0)) {
        this.#memory.write(guestAddress(start + at + CALL_AT), PORT_WRITE);
      }
    }
  }
}
