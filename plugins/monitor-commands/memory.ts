import {
  formatRAMBlockTable,
  hashOrder,
  q,
  type JsonObject,
  type MachineDefinition,
  type MachineInfo,
  type RAMList,
} from "backplane";
import type { MemoryBackend, MemoryBackends } from "backplane/plugins/memory-backend/contract";
import type { MemoryDevice, MemoryDevices } from "backplane/plugins/pc-dimm/contract";
import type { AddCommand } from "./add-command.ts";
import { MEMDEV, MEMORY_DEVICE } from "./memory-schema.ts";

export interface MemoryServices {
  readonly definition: MachineDefinition;
  readonly machine: MachineInfo;
  readonly ramList: RAMList;
  readonly backends: MemoryBackends | undefined;
  readonly devices: MemoryDevices | undefined;
}

/** Commands that tell of memory. */
export function memory(add: AddCommand, services: MemoryServices): void {
  const { definition, ramList, devices } = services;
  add({
    name: "x-query-ramblock",
    summary: "The table of RAM blocks, as text",
    arguments: q.none,
    result: q.struct("HumanReadableText", { "human-readable-text": q.str }),
    unstable: true,
    run: () => ({ "human-readable-text": formatRAMBlockTable(ramList.blocks()) }),
  });
  add({
    name: "query-memory-size-summary",
    summary: "How much memory the machine started with, and how much is plugged",
    arguments: q.none,
    result: q.struct("MemoryInfo", { "base-memory": q.size, "plugged-memory?": q.size }),
    run: () => ({
      "base-memory": definition.memory.size,
      "plugged-memory": (devices?.all() ?? []).reduce((sum, device) => sum + device.size, 0),
    }),
  });
  add({
    name: "query-memdev",
    summary: "The memory backends",
    arguments: q.none,
    result: q.array(MEMDEV),
    preconfig: true,
    run: () => memoryBackends(services).map(backendInfo),
  });
  add({
    name: "query-memory-devices",
    summary: "The memory devices in their slots",
    arguments: q.none,
    result: q.array(MEMORY_DEVICE),
    run: () => (devices?.all() ?? []).map(deviceInfo),
  });
}

/** What is told of a memory backend. */
export type BackendFacts = Pick<
  MemoryBackend,
  "id" | "size" | "merge" | "dump" | "prealloc" | "share" | "reserve" | "policy" | "hostNodes"
>;

/** All backends, the machine's own memory among them, in the order in which the peer lists them. */
export function memoryBackends({ machine, definition, ramList, backends }: MemoryServices): readonly BackendFacts[] {
  const facts = new Map<string, BackendFacts>();
  const all = backends?.all() ?? [];
  const early = new Set(definition.objects.map((object) => object.id));
  for (const backend of all) if (early.has(backend.id)) facts.set(backend.id, backend);
  // The peer makes an object for a machine's own memory, of the name of its RAM block.
  const id = machine.type.defaultRamId;
  const block = id === undefined ? undefined : ramList.byIdstr(id);
  if (id !== undefined && block !== undefined && !facts.has(id)) {
    const own = {
      merge: true,
      dump: true,
      prealloc: false,
      share: false,
      reserve: true,
      policy: "default",
      hostNodes: [],
    } as const;
    facts.set(id, { id, size: block.usedLength, ...own });
  }
  // Those that came while the machine ran stand behind its own, where their names hash alike.
  for (const backend of all) facts.set(backend.id, backend);
  return hashOrder([...facts.keys()])
    .toReversed()
    .flatMap((id) => facts.get(id) ?? []);
}

export function backendInfo(backend: BackendFacts): JsonObject {
  return {
    id: backend.id,
    size: backend.size,
    merge: backend.merge,
    dump: backend.dump,
    prealloc: backend.prealloc,
    share: backend.share,
    reserve: backend.reserve,
    "host-nodes": backend.hostNodes,
    policy: backend.policy,
  };
}

export function deviceInfo(device: MemoryDevice): JsonObject {
  return {
    type: device.kind,
    data: {
      id: device.id,
      addr: device.address,
      slot: device.slot,
      node: device.node,
      memdev: `/objects/${device.backend.id}`,
      size: device.size,
      hotpluggable: true,
      hotplugged: device.hotplugged,
    },
  };
}
