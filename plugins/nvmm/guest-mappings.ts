import {
  advance,
  alignDown,
  alignUp,
  byteLength,
  hex,
  HostCallError,
  TARGET_PAGE_SIZE,
  type DirtyMemory,
  type FlatRange,
  type GuestAddress,
  type HostAddress,
  type Logger,
  type MemoryListener,
} from "backplane";
import { PROT, type NvmmGuestMapping, type NvmmHost, type NvmmMachine } from "./contract.ts";
import { netbsdErrno } from "./host-errno.ts";

/** Of the host: both peers' are 4 KiB. */
const HOST_PAGE = TARGET_PAGE_SIZE;

/** The whole pages of a section of RAM. */
interface Section {
  readonly gpa: GuestAddress;
  readonly hva: HostAddress;
  readonly size: number;
  readonly prot: number;
  readonly name: string;
}

/** Shows the guest what stands in system memory: RAM and ROM; the rest leaves for the monitor. */
export class NvmmGuestMappings implements MemoryListener {
  readonly name = "nvmm";
  /** As accelerators have it: after what the board lays, before devices that copy. */
  readonly priority = 10;
  readonly #host: NvmmHost;
  readonly #machine: NvmmMachine;
  readonly #dirtyMemory: DirtyMemory;
  readonly #dirty: "section" | "qemu-10.0";
  readonly #log: Logger;
  readonly #mapped = new Map<GuestAddress, NvmmGuestMapping>();

  constructor(
    host: NvmmHost,
    machine: NvmmMachine,
    dirtyMemory: DirtyMemory,
    dirty: "section" | "qemu-10.0",
    log: Logger,
  ) {
    this.#host = host;
    this.#machine = machine;
    this.#dirtyMemory = dirtyMemory;
    this.#dirty = dirty;
    this.#log = log;
  }

  all(): readonly NvmmGuestMapping[] {
    return [...this.#mapped.values()].toSorted((a, b) => a.guestAddress - b.guestAddress);
  }

  regionAdded(range: FlatRange): void {
    const section = wholePages(range);
    if (section === undefined) return;
    const { gpa, hva, size, prot, name } = section;
    if (!this.#try("map", section, () => this.#host.gpaMap(this.#machine, hva, gpa, size, prot))) return;
    const writable = (prot & PROT.write) !== 0;
    const mapping = { guestAddress: gpa, size: byteLength(size), hostAddress: hva, writable, region: name };
    this.#mapped.set(gpa, mapping);
  }

  regionRemoved(range: FlatRange): void {
    const section = wholePages(range);
    if (section === undefined) return;
    const { gpa, hva, size } = section;
    if (this.#try("unmap", section, () => this.#host.gpaUnmap(this.#machine, hva, gpa, size))) this.#mapped.delete(gpa);
  }

  /** The host keeps no log of what guests write, so all of it may have been. */
  logSynchronized({ region, offsetInRegion, length }: FlatRange): void {
    const block = region.ramBlock;
    if (block === undefined || !isRam(region.kind)) return;
    this.#dirtyMemory.mark(block, this.#dirty === "section" ? offsetInRegion : 0, length);
  }

  #try(what: "map" | "unmap", { gpa, hva, size, name }: Section, call: () => void): boolean {
    try {
      call();
      return true;
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      this.#log.error(
        `NVMM: Failed to ${what} GPA range '${name}' PA:${hex(gpa)}, ` +
          `Size:${hex(size)} bytes, HostVA:${hex(hva)}, error=${netbsdErrno(failure)}`,
      );
      return false;
    }
  }
}

/** A ROM device is none, also while it is read like one. */
function isRam(kind: FlatRange["region"]["kind"]): boolean {
  return kind === "ram" || kind === "rom";
}

/** Read-only is what is so by itself. RAM that stands behind a read-only alias is not: PAM binds no guest under NVMM. */
function wholePages({ start, length, region, offsetInRegion }: FlatRange): Section | undefined {
  if (!isRam(region.kind) || region.ramBlock === undefined) return undefined;
  const gpa = alignUp(start, HOST_PAGE);
  const size = alignDown(start + length, HOST_PAGE) - gpa;
  if (size <= 0) return undefined;
  const within = advance(offsetInRegion, gpa - start);
  return {
    gpa,
    hva: (region.ramBlock.hostAddress + within) as HostAddress,
    size,
    prot: PROT.read | PROT.exec | (region.kind === "rom" || region.readonly ? 0 : PROT.write),
    name: region.name,
  };
}
