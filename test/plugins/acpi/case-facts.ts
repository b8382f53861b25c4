import { type FadtFacts, Q35_SMI } from "../../../plugins/acpi/fadt.ts";
import { type MadtFacts, PC_PCI_INTERRUPTS } from "../../../plugins/acpi/madt.ts";
import type { DmarFacts } from "../../../plugins/intel-iommu/dmar.ts";
import type { PciExpressWindow } from "../../../plugins/mch/mcfg.ts";
import type { HmatFacts, HmatLocality } from "../../../plugins/numa/hmat.ts";
import type { SratFacts } from "../../../plugins/numa/srat.ts";
import type { NfitFacts, NvdimmFacts } from "../../../plugins/nvdimm/nfit.ts";
import type { AcpiGolden, Json, Phase } from "../../peer/golden.ts";
import { type CaseArgs, type Options, integer, size } from "./case-args.ts";

const GIB = 2 ** 30;
const FOUR_GIB = 4 * GIB;

interface Place {
  readonly apicId: number;
  readonly present: boolean;
  readonly socket: number;
}

/** The processors of a topology, and the ids that their places in it give (each level takes whole bits). */
export function processors({ smp }: CaseArgs): Place[] {
  const cpus = smp.has("cpus") ? integer(smp, "cpus") : 1;
  const [dies, modules, threads] = [integer(smp, "dies", 1), integer(smp, "modules", 1), integer(smp, "threads", 1)];
  const maximum = integer(smp, "maxcpus", cpus);
  const sockets = smp.has("sockets")
    ? integer(smp, "sockets")
    : smp.has("cores")
      ? Math.max(1, Math.floor(maximum / (dies * modules * threads * integer(smp, "cores"))))
      : 1;
  const cores = smp.has("cores") ? integer(smp, "cores") : Math.floor(maximum / (sockets * dies * modules * threads));
  const levels = [threads, cores, modules, dies];
  return Array.from({ length: maximum }, (_, index) => {
    let [rest, apicId, shift] = [index, 0, 0];
    for (const count of levels) {
      apicId += (rest % count) * 2 ** shift;
      shift += Math.ceil(Math.log2(count));
      rest = Math.floor(rest / count);
    }
    return { apicId: apicId + rest * 2 ** shift, present: index < cpus, socket: rest };
  });
}

export function madtFacts(args: CaseArgs): MadtFacts {
  return { cpus: processors(args), pic: args.machine.get("pic") !== "off", pciInterrupts: PC_PCI_INTERRUPTS };
}

/** The chipset decodes its registers when the firmware says so; its reset routes the SCI. */
export function fadtFacts(args: CaseArgs, phase: Phase): FadtFacts {
  const q35 = args.machine.get("type") !== "pc";
  const pmBase = phase === "firmware" ? 0x600 : 0;
  return {
    revision: q35 ? 3 : 1,
    sciInterrupt: q35 && phase === "machine-done" ? 0 : 9,
    ...(args.machine.get("smm") === "off" ? {} : { smi: q35 ? Q35_SMI : { port: 0xb2, enable: 0xf1, disable: 0xf0 } }),
    pmBase,
    gpe0: q35 ? { port: pmBase + 0x20, length: 16 } : { port: 0xafe0, length: 4 },
    ...(q35 ? { reset: { port: 0xcf9, value: 0xf } } : {}),
    maxCpus: processors(args).length,
    i8042: args.machine.get("i8042") !== "off",
  };
}

export function pciExpressWindow(args: CaseArgs, phase: Phase): PciExpressWindow | undefined {
  return phase === "firmware" && args.machine.get("type") !== "pc" ? { base: 0xb0000000, size: 0x10000000 } : undefined;
}

interface Memory {
  readonly ram: number;
  readonly belowFourGiB: number;
  readonly slots: number;
  readonly hotplug?: { readonly base: number; readonly length: number };
}

export function memoryOf({ memory, machine }: CaseArgs): Memory {
  const ram = size(memory.get("size"), 2 ** 20);
  const low =
    machine.get("type") === "pc" ? { limit: 0xe0000000, used: 0xc0000000 } : { limit: 0xb0000000, used: 0x80000000 };
  const belowFourGiB = ram >= low.limit ? low.used : ram;
  const slots = integer(memory, "slots");
  const maximum = memory.has("maxmem") ? size(memory.get("maxmem"), 2 ** 20) : ram;
  if (maximum === ram) return { ram, belowFourGiB, slots };
  const base = Math.ceil((FOUR_GIB + ram - belowFourGiB) / GIB) * GIB;
  return { ram, belowFourGiB, slots, hotplug: { base, length: maximum - ram + slots * GIB } };
}

interface Dimm extends NvdimmFacts {
  readonly driver: string;
}

function backendSize({ objects }: CaseArgs, id: string | undefined): number {
  return size(objects.find((object) => object.get("id") === id)?.get("size"));
}

/** Plugs memory devices in the order given, each at the lowest address that is free. */
export function dimms(args: CaseArgs): Dimm[] {
  const plugged: Dimm[] = [];
  for (const device of args.devices) {
    const driver = device.get("driver") ?? "";
    if (driver !== "pc-dimm" && driver !== "nvdimm") continue;
    const length = backendSize(args, device.get("memdev")) - size(device.get("label-size"));
    const taken = new Set(plugged.map((dimm) => dimm.slot));
    let slot = integer(device, "slot", -1);
    while (slot < 0 || taken.has(slot)) slot++;
    let base = integer(device, "addr", memoryOf(args).hotplug?.base ?? 0);
    for (const other of [...plugged].sort((left, right) => left.base - right.base)) {
      if (base < other.base + other.size && base + length > other.base)
        base = Math.ceil((other.base + other.size) / 0x1000) * 0x1000;
    }
    plugged.push({
      driver,
      slot,
      base,
      size: length,
      node: integer(device, "node"),
      unarmed: device.get("unarmed") === "on",
    });
  }
  return plugged;
}

/** `order` names the NVDIMMs as the peer's object tree orders them. */
export function nfitFacts(args: CaseArgs, order: readonly number[] = []): NfitFacts {
  const nvdimms = dimms(args).filter((dimm) => dimm.driver === "nvdimm");
  const persistence = args.machine.get("nvdimm-persistence");
  return {
    nvdimms: order.length === 0 ? nvdimms : order.flatMap((slot) => nvdimms.filter((dimm) => dimm.slot === slot)),
    ...(persistence === "cpu" || persistence === "mem-ctrl" ? { persistence } : {}),
  };
}

function numaOf(args: CaseArgs, type: string): Options[] {
  return args.numa.filter((options) => options.get("type") === type);
}

/** Bytes by node. Memory slots alone make a machine with one node. */
export function nodeMemory(args: CaseArgs): number[] {
  const nodes = numaOf(args, "node");
  if (nodes.length === 0) return memoryOf(args).slots > 0 ? [memoryOf(args).ram] : [];
  return nodes.map((node) =>
    node.has("memdev") ? backendSize(args, node.get("memdev")) : size(node.get("mem"), 2 ** 20),
  );
}

function nodeOfProcessor(args: CaseArgs, index: number, place: Place): number {
  for (const node of numaOf(args, "node")) {
    const range = /^(\d+)-(\d+)$/.exec(node.get("cpus") ?? "");
    if (range && Number(range[1]) <= index && index <= Number(range[2])) return integer(node, "nodeid");
  }
  const cpus = numaOf(args, "cpu");
  for (const cpu of cpus) if (integer(cpu, "socket-id") === place.socket) return integer(cpu, "node-id");
  return cpus.length > 0 ? 0 : place.socket % Math.max(1, nodeMemory(args).length);
}

export function sratFacts(args: CaseArgs): SratFacts {
  const { belowFourGiB, hotplug } = memoryOf(args);
  const cpus = processors(args).map((place, index) => ({
    apicId: place.apicId,
    node: nodeOfProcessor(args, index, place),
  }));
  const nvdimms = nfitFacts(args).nvdimms.map(({ node, base, size: length }) => ({ node, base, length }));
  return {
    cpus,
    nodeMemory: nodeMemory(args),
    ram: { belowFourGiB, aboveFourGiBStart: FOUR_GIB },
    nvdimms,
    ...(hotplug ? { hotplug } : {}),
  };
}

/** Given distances, completed by 20 for the rest, 10 on the diagonal, and the reverse where only one way is given. */
export function distances(args: CaseArgs): number[][] | undefined {
  const given = new Map(
    numaOf(args, "dist").map((dist) => [`${dist.get("src")},${dist.get("dst")}`, integer(dist, "val")]),
  );
  if (given.size === 0) return undefined;
  const nodes = nodeMemory(args).map((_, node) => node);
  return nodes.map((from) =>
    nodes.map((to) => (from === to ? 10 : (given.get(`${from},${to}`) ?? given.get(`${to},${from}`) ?? 20))),
  );
}

export function hmatFacts(args: CaseArgs): HmatFacts | undefined {
  if (args.machine.get("hmat") !== "on") return undefined;
  const initiators = new Set(sratFacts(args).cpus.map((cpu) => cpu.node));
  const nodes = numaOf(args, "node").map((node, id) => {
    const own = initiators.has(id) ? id : undefined;
    const nearest = node.has("initiator") ? integer(node, "initiator") : own;
    return {
      hasMemory: (nodeMemory(args)[id] ?? 0) > 0,
      isInitiator: initiators.has(id),
      ...(nearest === undefined ? {} : { nearestInitiator: nearest }),
    };
  });
  const groups = new Map<string, Options[]>();
  for (const lb of numaOf(args, "hmat-lb")) {
    const key = `${lb.get("hierarchy")}/${lb.get("data-type")}`;
    groups.set(key, [...(groups.get(key) ?? []), lb]);
  }
  const localities = [...groups].map(([key, group]): HmatLocality => {
    const [hierarchy, dataType] = key.split("/") as [HmatLocality["hierarchy"], HmatLocality["dataType"]];
    const values = group.map((lb) => ({
      initiator: integer(lb, "initiator"),
      target: integer(lb, "target"),
      value: lb.has("latency") ? integer(lb, "latency") : size(lb.get("bandwidth")),
    }));
    return { hierarchy, dataType, values };
  });
  const caches = numaOf(args, "hmat-cache").map((cache) => ({
    node: integer(cache, "node-id"),
    size: size(cache.get("size")),
    level: integer(cache, "level"),
    associativity: cache.get("associativity") as "none" | "direct" | "complex",
    policy: cache.get("policy") as "none" | "write-back" | "write-through",
    lineSize: integer(cache, "line"),
  }));
  return { nodes, localities, caches };
}

interface PciDevice {
  readonly bus: number;
  readonly slot: number;
  readonly function: number;
  readonly pci_bridge?: Json;
}

/** Options of the IOMMU from the command line, the functions from the peer's query-pci. */
export function dmarFacts(args: CaseArgs, golden: AcpiGolden, phase: Phase): DmarFacts | undefined {
  const device = args.devices.find((candidate) => candidate.get("driver") === "intel-iommu");
  if (!device) return undefined;
  const pci = golden.phases[phase]?.pci ?? golden.phases["machine-done"]?.pci;
  const buses = pci as unknown as readonly { readonly devices: readonly PciDevice[] }[];
  const functions = buses.flatMap((bus) => bus.devices);
  return {
    addressWidth: integer(device, "aw-bits", 48),
    interruptRemapping: device.get("intremap") !== "off",
    deviceIotlb: device.get("device-iotlb") === "on",
    functions: functions.map((found) => ({
      bus: found.bus,
      device: found.slot,
      function: found.function,
      isBridge: found.pci_bridge !== undefined,
    })),
  };
}
