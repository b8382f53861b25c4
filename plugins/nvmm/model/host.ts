import {
  HostCallError,
  HostCalls,
  type GuestAddress,
  type HostAddress,
  type HostAddressSpace,
  type HostErrno,
  type HostFault,
} from "backplane";
import {
  PROT,
  type NvmmCall,
  type NvmmCapability,
  type NvmmGuestAccess,
  type NvmmHost,
  type NvmmMachine,
} from "../contract.ts";
import { GuestAreas } from "./guest-mappings.ts";
import { HostMappingSlots } from "./host-mappings.ts";
import type { NvmmLimits } from "./limits.ts";

const CALLS: readonly NvmmCall[] = [
  "init",
  "capability",
  "machineCreate",
  "machineDestroy",
  "vcpuCreate",
  "vcpuDestroy",
  "hvaMap",
  "hvaUnmap",
  "gpaMap",
  "gpaUnmap",
];

interface Machine {
  readonly slots: HostMappingSlots;
  readonly areas: GuestAreas;
  readonly vcpus: Set<number>;
}

/** NVMM without NetBSD: its rules, limits and errors, over the memory of this machine. */
export class ModelledNvmm implements NvmmHost, NvmmGuestAccess {
  readonly #space: HostAddressSpace;
  readonly #limits: NvmmLimits;
  readonly #calls: HostCalls<NvmmCall>;
  readonly #machines = new Map<number, Machine>();
  #isOpen = false;

  constructor(space: HostAddressSpace, limits: NvmmLimits, faults: readonly HostFault[] = []) {
    this.#space = space;
    this.#limits = limits;
    this.#calls = new HostCalls("nvmm", CALLS, faults);
  }

  /** What the kernel has lent to this process. */
  get outstanding(): { readonly machines: number; readonly hostMappings: number; readonly guestMappings: number } {
    const machines = [...this.#machines.values()];
    return {
      machines: machines.length,
      hostMappings: machines.reduce((sum, { slots }) => sum + slots.used, 0),
      guestMappings: machines.reduce((sum, { areas }) => sum + areas.used, 0),
    };
  }

  init(): void {
    this.#calls.enter("init");
    this.#isOpen = true;
  }

  capability(): NvmmCapability {
    this.#enter("capability");
    const { version, stateSize, maxMachines, maxVcpus, maxRam } = this.#limits;
    return { version, stateSize, maxMachines, maxVcpus, maxRam };
  }

  machineCreate(): NvmmMachine {
    this.#enter("machineCreate");
    let number = 0;
    while (this.#machines.has(number)) number++;
    if (number >= this.#limits.maxMachines) throw new HostCallError("machineCreate", "ENOBUFS");
    const slots = new HostMappingSlots(this.#limits.maxHostMappings, this.#space);
    this.#machines.set(number, { slots, areas: new GuestAreas(this.#limits.maxRam, slots), vcpus: new Set() });
    return number as NvmmMachine;
  }

  machineDestroy(machine: NvmmMachine): void {
    this.#machine("machineDestroy", machine);
    this.#machines.delete(machine);
  }

  vcpuCreate(machine: NvmmMachine, index: number): void {
    const { vcpus } = this.#machine("vcpuCreate", machine);
    const refusal: HostErrno | undefined =
      index < 0 || index >= this.#limits.maxVcpus ? "EINVAL" : vcpus.has(index) ? "EBUSY" : undefined;
    if (refusal !== undefined) throw new HostCallError("vcpuCreate", refusal);
    vcpus.add(index);
  }

  vcpuDestroy(machine: NvmmMachine, index: number): void {
    const { vcpus } = this.#machine("vcpuDestroy", machine);
    if (!vcpus.delete(index)) throw new HostCallError("vcpuDestroy", "ENOENT");
  }

  hvaMap(machine: NvmmMachine, hva: HostAddress, size: number): void {
    this.#machine("hvaMap", machine).slots.map(hva, size);
  }

  hvaUnmap(machine: NvmmMachine, hva: HostAddress, size: number): void {
    this.#machine("hvaUnmap", machine).slots.unmap(hva, size);
  }

  gpaMap(machine: NvmmMachine, hva: HostAddress, gpa: GuestAddress, size: number, prot: number): void {
    this.#machine("gpaMap", machine).areas.map(hva, gpa, size, prot);
  }

  gpaUnmap(machine: NvmmMachine, hva: HostAddress, gpa: GuestAddress, size: number): void {
    this.#machine("gpaUnmap", machine).areas.unmap(hva, gpa, size);
  }

  close(): void {
    this.#machines.clear();
    this.#isOpen = false;
  }

  guestRead(machine: NvmmMachine, gpa: number, into: Uint8Array): boolean {
    return this.#access(machine, gpa, into.length, PROT.read, ({ object, offset }, done, size) =>
      object.read(offset, into.subarray(done, done + size)),
    );
  }

  guestWrite(machine: NvmmMachine, gpa: number, from: Uint8Array): boolean {
    return this.#access(machine, gpa, from.length, PROT.write, ({ object, offset }, done, size) =>
      object.write(offset, from.subarray(done, done + size)),
    );
  }

  #access(
    machine: NvmmMachine,
    gpa: number,
    length: number,
    prot: number,
    visit: (target: Pick<HostTarget, "object" | "offset">, done: number, size: number) => void,
  ): boolean {
    const areas = this.#machines.get(machine)?.areas;
    const targets: HostTarget[] = [];
    for (let done = 0; done < length;) {
      const area = areas?.at(gpa + done);
      if (area === undefined || (area.prot & prot) === 0) return false;
      const within = gpa + done - area.gpa;
      const size = Math.min(area.size - within, length - done);
      targets.push({ object: area.object, offset: area.offset + within, done, size });
      done += size;
    }
    for (const target of targets) visit(target, target.done, target.size);
    return true;
  }

  #enter(call: NvmmCall): void {
    this.#calls.enter(call);
    if (!this.#isOpen) throw new HostCallError(call, "EBADF");
  }

  #machine(call: NvmmCall, number: NvmmMachine): Machine {
    this.#enter(call);
    const machine = this.#machines.get(number);
    if (machine === undefined) throw new HostCallError(call, "ENOENT");
    return machine;
  }
}

interface HostTarget {
  readonly object: { read(offset: number, into: Uint8Array): void; write(offset: number, from: Uint8Array): void };
  readonly offset: number;
  readonly done: number;
  readonly size: number;
}
