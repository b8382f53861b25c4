// What a guest is shown: the library's list of areas (NetBSD, lib/libnvmm/libnvmm.c), which refuses what overlaps and
// what it does not know, above the kernel's map (`nvmm_gpa_map`, `nvmm_gpa_unmap`), which checks addresses.
import { HostCallError, type GuestAddress, type HostAddress } from "backplane";
import { PROT } from "../contract.ts";
import type { HostMappingSlots } from "./host-mappings.ts";
import type { MemoryObject } from "./memory-object.ts";

const PAGE = 4096;
const ALL_PROT = PROT.read | PROT.write | PROT.exec;

export interface GuestArea {
  readonly gpa: GuestAddress;
  readonly hva: HostAddress;
  readonly size: number;
  readonly prot: number;
  readonly object: MemoryObject;
  readonly offset: number;
}

export class GuestAreas {
  /** Ascending, without overlaps. */
  readonly #areas: GuestArea[] = [];
  readonly #limit: number;
  readonly #slots: HostMappingSlots;

  constructor(limit: number, slots: HostMappingSlots) {
    this.#limit = limit;
    this.#slots = slots;
  }

  get used(): number {
    return this.#areas.length;
  }

  map(hva: HostAddress, gpa: GuestAddress, size: number, prot: number): void {
    const refuse = (): never => {
      throw new HostCallError("gpaMap", "EINVAL");
    };
    const index = this.#indexBehind(gpa);
    const before = this.#areas[index - 1];
    const after = this.#areas[index];
    const overlaps = (before !== undefined && before.gpa + before.size > gpa) || (after?.gpa ?? Infinity) < gpa + size;
    if (overlaps || (prot & ~ALL_PROT) !== 0) refuse();
    if (size <= 0 || [gpa, size, hva].some((value) => value % PAGE !== 0) || hva === 0) refuse();
    if (gpa + size > this.#limit) refuse();
    const covered = this.#slots.covering(hva, size) ?? refuse();
    this.#areas.splice(index, 0, { hva, gpa, size, prot, ...covered });
  }

  unmap(hva: HostAddress, gpa: GuestAddress, size: number): void {
    const index = this.#indexBehind(gpa) - 1;
    const area = this.#areas[index];
    if (area?.gpa !== gpa || area.hva !== hva || area.size !== size) throw new HostCallError("gpaUnmap", "ENOENT");
    this.#areas.splice(index, 1);
  }

  at(gpa: number): GuestArea | undefined {
    const area = this.#areas[this.#indexBehind(gpa) - 1];
    return area !== undefined && gpa < area.gpa + area.size ? area : undefined;
  }

  clear(): void {
    this.#areas.length = 0;
  }

  /** Of the first area that starts behind the address. */
  #indexBehind(gpa: number): number {
    const index = this.#areas.findIndex((area) => area.gpa > gpa);
    return index === -1 ? this.#areas.length : index;
  }
}
