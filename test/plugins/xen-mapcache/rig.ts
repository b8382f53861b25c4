import {
  byteLength,
  COMMANDS,
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  MEMORY_REGIONS,
  type Disposable,
  type HostAddress,
  type HostMapping,
  type JsonObject,
  type LogRecord,
  type Machine,
  type MemoryRegion,
} from "backplane";
import { withMachine, type TestMachineOptions } from "backplane/kit";
import { XEN_MAP_CACHE, type MapRequest, type XenMapCache } from "backplane/plugins/xen-mapcache/contract";
import xenMapCache from "../../../plugins/xen-mapcache/index.ts";

export const PAGE = 4096;
/** Of a host with 32-bit longs. */
export const BUCKET = 64 * 1024;

export function xenMachine(options: object = {}): TestMachineOptions {
  return { with: [xenMapCache], options: { "xen-mapcache": { value: { "long-bits": 32, ...options } } } };
}

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

/** A machine of nothing but the map cache, and in `withRig` one who hears of host mappings. */
export class Rig {
  readonly machine: Machine;
  readonly log: readonly LogRecord[];
  readonly cache: XenMapCache;
  readonly announced: HostMapping[] = [];
  /** Set: refuses the next mapping. */
  refusal: Error | undefined;

  constructor(machine: Machine, log: readonly LogRecord[]) {
    this.machine = machine;
    this.log = log;
    this.cache = machine.service(XEN_MAP_CACHE);
  }

  listen(): Disposable {
    return this.machine.service(HOST_MAPPING_NOTIFIERS).add({
      name: "listener",
      hostMappingAdded: (mapping) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.announced.push(mapping);
      },
      hostMappingRemoved: (mapping) => {
        this.announced.splice(this.announced.indexOf(mapping), 1);
      },
    });
  }

  plug(name: string, size: number): MemoryRegion {
    return this.machine.service(MEMORY_REGIONS).ram(name, byteLength(size));
  }

  unplug(region: MemoryRegion): void {
    this.machine.service(MEMORY_REGIONS).destroy(region);
  }

  map(address: number, request: Partial<MapRequest> = {}): HostAddress | undefined {
    return this.cache.map({ address, size: 0, lock: false, dma: false, write: true, grant: false, ...request });
  }

  /** A window that must be there. */
  mapped(address: number, request: Partial<MapRequest> = {}): HostAddress {
    const found = this.map(address, request);
    if (found === undefined) throw new Error(`no window on ${address}`);
    return found;
  }

  read(address: HostAddress): number {
    const byte = new Uint8Array(1);
    this.machine.service(HOST_ADDRESS_SPACE).read(address, byte);
    return byte[0] ?? 0;
  }

  write(address: HostAddress, value: number): void {
    this.machine.service(HOST_ADDRESS_SPACE).write(address, Uint8Array.of(value));
  }

  windows(name: "foreign" | "grants-ro" | "grants-rw" = "foreign") {
    return this.cache.caches().find((cache) => cache.name === name)?.entries ?? [];
  }

  qmp(command: string, args: JsonObject = {}): JsonObject {
    return this.machine.service(COMMANDS).find(command)?.run(args, client) as JsonObject;
  }
}

export const withRig = (options: object, test: (rig: Rig) => void | Promise<void>): Promise<void> =>
  withMachine(xenMachine(options), async (machine, log) => {
    const rig = new Rig(machine, log);
    const listening = rig.listen();
    try {
      await test(rig);
    } finally {
      await listening.dispose();
    }
  });
