import {
  byteLength,
  hex,
  HostCallError,
  type HostAddress,
  type Logger,
  type RAMBlock,
  type RAMBlockNotifier,
  type RAMList,
} from "backplane";
import type { NvmmHost, NvmmHostMapping, NvmmMachine } from "./contract.ts";
import { netbsdErrno } from "./host-errno.ts";

interface HostMappingEntry {
  readonly block: RAMBlock;
  readonly hostAddress: HostAddress;
  readonly size: number;
}

/** Registers every RAM block with the host, as large as it may become. What the host refuses is told, and no more. */
export class NvmmHostMappings {
  readonly #host: NvmmHost;
  readonly #machine: NvmmMachine;
  readonly #ram: RAMList;
  readonly #log: Logger;
  readonly #entries: HostMappingEntry[] = [];

  constructor(host: NvmmHost, machine: NvmmMachine, ram: RAMList, log: Logger) {
    this.#host = host;
    this.#machine = machine;
    this.#ram = ram;
    this.#log = log;
  }

  /** With `removal: qemu-10.0` the notifier has no method for blocks that go: nobody is told. */
  notifier(removal: "unmap" | "qemu-10.0"): RAMBlockNotifier {
    return {
      name: "nvmm",
      ramBlockAdded: (block) => this.#added(block),
      ...(removal === "unmap" ? { ramBlockRemoved: (block: RAMBlock) => this.#removed(block) } : {}),
    };
  }

  all(): readonly NvmmHostMapping[] {
    const blocks = new Set(this.#ram.blocks());
    return this.#entries.map((entry) => {
      const leaked = !blocks.has(entry.block);
      return { hostAddress: entry.hostAddress, size: byteLength(entry.size), block: entry.block.idstr, leaked };
    });
  }

  #added(block: RAMBlock): void {
    const { hostAddress, maxLength: size, usedLength } = block;
    const done = this.#try("map", hostAddress, usedLength, () => this.#host.hvaMap(this.#machine, hostAddress, size));
    if (done) this.#entries.push({ block, hostAddress, size });
  }

  #removed(block: RAMBlock): void {
    const index = this.#entries.findIndex((entry) => entry.block === block);
    const entry = this.#entries[index];
    if (entry === undefined) return;
    const { hostAddress, size } = entry;
    const done = this.#try("unmap", hostAddress, size, () => this.#host.hvaUnmap(this.#machine, hostAddress, size));
    if (done) this.#entries.splice(index, 1);
  }

  /** The peer prints the size that is in use, though it maps the largest. */
  #try(what: "map" | "unmap", hva: HostAddress, size: number, call: () => void): boolean {
    try {
      call();
      return true;
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      const error = netbsdErrno(failure);
      this.#log.error(`NVMM: Failed to ${what} HVA, HostVA:${hex(hva)} Size:${hex(size)} bytes, error=${error}`);
      return false;
    }
  }
}
