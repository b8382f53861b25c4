import { type Disposable, type JsonValue, type MachineDefinition, type MachineInfo, type QomObject } from "backplane";
import type { BootOrder } from "backplane/plugins/fw-cfg/contract";
import type { Cpus } from "backplane/plugins/x86-cpu/contract";

export interface MachineFacts {
  readonly definition: MachineDefinition;
  readonly info: MachineInfo;
  readonly cpus: Cpus | undefined;
  readonly boot: BootOrder | undefined;
  /** The object that is all RAM, unless a definition names one. */
  ram(): QomObject | undefined;
}

const MAX_RAM_BELOW_4G = 4 * 2 ** 30;
const MAX_FIRMWARE = 8 * 2 ** 20;
const CACHES = ["l1d", "l1i", "l2", "l3"];

/**
 * What a machine shows besides its type's own properties. Text and switches can be set, as in the peer: by then nobody
 * looks at them any more.
 */
export function showMachine(machine: QomObject, facts: MachineFacts): Disposable[] {
  const { definition, info } = facts;
  const isPc = info.type.parent === "generic-pc-machine";
  const shown: Disposable[] = [];
  const ramPath = (): string => facts.ram()?.path ?? "";
  const show = (name: string, type: string, get: () => JsonValue): void =>
    void shown.push(machine.add({ name, type, get }));
  const settable = (name: string, type: string, first: string | boolean): void => {
    let value: JsonValue = first;
    const set = (next: JsonValue): void => {
      value = next;
    };
    shown.push(machine.add({ name, type, get: () => value, set }));
  };
  for (const name of ["kernel", "initrd", "append", "shim", "dtb", "dumpdtb", "dt-compatible"])
    settable(name, "string", "");
  settable("firmware", "string", isPc ? "bios-256k.bin" : "");
  const isOwn = (name: string): boolean => Object.hasOwn(info.type.properties, name);
  if (!isOwn("memory-encryption")) settable("memory-encryption", "string", "");
  settable("dump-guest-core", "bool", true);
  settable("mem-merge", "bool", true);
  settable("suppress-vmdesc", "bool", false);
  settable("aux-ram-share", "bool", false);
  for (const [name, first] of [
    ["graphics", true],
    ["usb", false],
  ] as const) {
    if (!isOwn(name)) settable(name, "bool", first);
  }
  show("phandle-start", "int", () => 0);
  if (!isOwn("confidential-guest-support")) {
    show("confidential-guest-support", "link<confidential-guest-support>", () => "");
  }
  show("boot", "BootConfiguration", () => bootConfiguration(facts, isPc));
  show("memory", "MemorySizeConfiguration", () => memoryConfiguration(definition));
  show("smp", "SMPConfiguration", () => smpConfiguration(facts.cpus));
  show("smp-cache", "SmpCachePropertiesWrapper", () => CACHES.map((cache) => ({ topology: "default", cache })));
  const named = definition.machine.properties["memory-backend"];
  if (named === undefined) show("memory-backend", "link<memory-backend>", ramPath);
  if (!isPc) return shown;
  show("bus-lock-ratelimit", "uint64_t", () => 0);
  show("sgx-epc", "SgxEPC", () => []);
  show("max-fw-size", "size", () => MAX_FIRMWARE);
  show("default-bus-bypass-iommu", "bool", () => false);
  settable("fd-bootchk", "bool", true);
  show("max-ram-below-4g", "size", () => info.properties.number("max-ram-below-4g") ?? MAX_RAM_BELOW_4G);
  const oemId = info.properties.string("x-oem-id") ?? "BOCHS";
  show("x-oem-id", "string", () => oemId.padEnd(6));
  const tableId = info.properties.string("x-oem-table-id") ?? "BXPC";
  show("x-oem-table-id", "string", () => tableId.padEnd(8));
  return shown;
}

function bootConfiguration({ boot }: MachineFacts, isPc: boolean): JsonValue {
  if (boot === undefined) return isPc ? { order: "cad" } : {};
  return { order: boot.order ?? (isPc ? "cad" : undefined), once: boot.once };
}

function memoryConfiguration({ memory: { size, maxSize, slots } }: MachineDefinition): JsonValue {
  return maxSize > size || slots > 0 ? { size, "max-size": maxSize, slots } : { size };
}

function smpConfiguration(cpus: Cpus | undefined): JsonValue {
  const topology = cpus?.topology;
  return {
    cpus: topology?.cpus ?? 1,
    drawers: 1,
    books: 1,
    sockets: topology?.sockets ?? 1,
    dies: topology?.dies ?? 1,
    clusters: 1,
    modules: topology?.modules ?? 1,
    cores: topology?.cores ?? 1,
    threads: topology?.threads ?? 1,
    maxcpus: topology?.maxCpus ?? 1,
  };
}
