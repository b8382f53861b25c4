/** What a machine asks of NVMM, NetBSD's hypervisor: libnvmm(3), as far as whoever maps memory needs it. */
import { token, type ByteLength, type GuestAddress, type HostAddress } from "backplane";

/** `PROT_READ`, `PROT_WRITE` and `PROT_EXEC` of mmap(2), or-ed. */
export const PROT = { read: 1, write: 2, exec: 4 } as const;

export interface NvmmCapability {
  /** Of the kernel's interface. */
  readonly version: number;
  /** Bytes of a processor's state. */
  readonly stateSize: number;
  readonly maxMachines: number;
  readonly maxVcpus: number;
  /** Guest-physical addresses end here. */
  readonly maxRam: ByteLength;
}

/** A virtual machine of the host, by its number. */
export type NvmmMachine = number & { readonly nvmmMachine: unique symbol };

/**
 * The host. Every call throws a `HostCallError` with the errno that the library gives, having changed nothing. A real
 * host can be put behind it: a plugin that provides `NVMM_HOST`.
 */
export interface NvmmHost {
  /** Opens the device; once, before all else. */
  init(): void;
  capability(): NvmmCapability;
  machineCreate(): NvmmMachine;
  /** Releases whatever the machine has: processors, guest mappings, host mappings. */
  machineDestroy(machine: NvmmMachine): void;
  vcpuCreate(machine: NvmmMachine, index: number): void;
  vcpuDestroy(machine: NvmmMachine, index: number): void;
  /** Registers memory of this process, so that guests can be shown parts of it. */
  hvaMap(machine: NvmmMachine, hva: HostAddress, size: number): void;
  /** With exactly what `hvaMap` was given. */
  hvaUnmap(machine: NvmmMachine, hva: HostAddress, size: number): void;
  /** Shows registered memory to the guest. */
  gpaMap(machine: NvmmMachine, hva: HostAddress, gpa: GuestAddress, size: number, prot: number): void;
  /** With exactly what `gpaMap` was given. */
  gpaUnmap(machine: NvmmMachine, hva: HostAddress, gpa: GuestAddress, size: number): void;
  /** Closes the device, as the end of the process does: machines that are left go with it. It cannot fail. */
  close(): void;
}

export type NvmmCall = Exclude<keyof NvmmHost, "close">;

/** What a host that only models does for guests that do not run: an access of the guest's. */
export interface NvmmGuestAccess {
  /** False where the guest would leave for its monitor: nothing is mapped, or not all of it. */
  guestRead(machine: NvmmMachine, gpa: number, into: Uint8Array): boolean;
  /** The same; also where writing is not allowed. The host keeps no log of what is written. */
  guestWrite(machine: NvmmMachine, gpa: number, from: Uint8Array): boolean;
}

export const NVMM_HOST = token<NvmmHost & Partial<NvmmGuestAccess>>("NVMM_HOST");

/** A host mapping as this machine accounts it. */
export interface NvmmHostMapping {
  readonly hostAddress: HostAddress;
  readonly size: ByteLength;
  /** The RAM block that it was made for: its name now, or when it went. */
  readonly block: string;
  /** Its RAM block has gone, and nobody has unmapped it. */
  readonly leaked: boolean;
}

export interface NvmmGuestMapping {
  readonly guestAddress: GuestAddress;
  readonly size: ByteLength;
  readonly hostAddress: HostAddress;
  readonly writable: boolean;
  readonly region: string;
}

/** What this machine keeps with NVMM. */
export interface Nvmm {
  readonly capability: NvmmCapability;
  /** In the order in which they were made. */
  hostMappings(): readonly NvmmHostMapping[];
  /** Ascending. */
  guestMappings(): readonly NvmmGuestMapping[];
  /** Indices of the processors that the host knows. */
  vcpus(): readonly number[];
  /** What the guest would see; false where nothing is mapped, and on a host that does not say. */
  guestRead(gpa: number, into: Uint8Array): boolean;
  guestWrite(gpa: number, from: Uint8Array): boolean;
}

export const NVMM = token<Nvmm>("NVMM");
