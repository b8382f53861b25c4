import {
  byteLength,
  guestAddress,
  KiB,
  MEMORY_REGIONS,
  SYSTEM_MEMORY,
  type Machine,
  type LogRecord,
  type MemoryRegion,
} from "backplane";
import { withMachine, type TestMachineOptions } from "backplane/kit";
import { NVMM, type Nvmm } from "backplane/plugins/nvmm/contract";
import nvmm from "../../../plugins/nvmm/index.ts";

export const PAGE = 4096;

/** A machine of nothing but NVMM. */
export function nvmmMachine(options: object = {}): TestMachineOptions {
  return { with: [nvmm], options: { nvmm: { value: options } } };
}

/** Memory that is plugged into such a machine and taken out again, with the guest's and the monitor's view of it. */
export class Rig {
  readonly machine: Machine;
  readonly log: readonly LogRecord[];
  readonly nvmm: Nvmm;

  constructor(machine: Machine, log: readonly LogRecord[]) {
    this.machine = machine;
    this.log = log;
    this.nvmm = machine.service(NVMM);
  }

  plug(name: string, at: number, size = 64 * KiB): MemoryRegion {
    const region = this.machine.service(MEMORY_REGIONS).ram(name, byteLength(size));
    this.machine.service(SYSTEM_MEMORY).root.addSubregion(guestAddress(at), region);
    return region;
  }

  unplug(region: MemoryRegion): void {
    this.machine.service(MEMORY_REGIONS).destroy(region);
  }

  /** What a device or a monitor reads. */
  read(at: number, length = 1): number[] {
    const bytes = new Uint8Array(length);
    this.machine.service(SYSTEM_MEMORY).read(guestAddress(at), bytes);
    return [...bytes];
  }

  write(at: number, ...bytes: number[]): void {
    this.machine.service(SYSTEM_MEMORY).write(guestAddress(at), Uint8Array.from(bytes));
  }

  /** What the guest reads; undefined where it leaves for the monitor. */
  guestRead(at: number, length = 1): number[] | undefined {
    const bytes = new Uint8Array(length);
    return this.nvmm.guestRead(at, bytes) ? [...bytes] : undefined;
  }

  errors(): string[] {
    return this.log.filter(({ level }) => level === "error").map(({ message }) => message);
  }
}

export const withRig = (options: object, test: (rig: Rig) => void | Promise<void>): Promise<void> =>
  withMachine(nvmmMachine(options), (machine, log) => test(new Rig(machine, log)));
