import {
  BLOCK_ACCESS,
  COMMANDS,
  definePlugin,
  disposable,
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  HOST_RESOURCES,
  HostCallError,
  MACHINE_CONTROL,
  parseSize,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  RUN_STATES,
  type PluginMachine,
} from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { Announcer } from "./announcer.ts";
import { WindowCache } from "./cache.ts";
import { addMapCacheCommands } from "./commands.ts";
import { XEN_HOST, XEN_MAP_CACHE, type CacheInfo, type XenHost } from "./contract.ts";
import { DomainMemory } from "./domain-memory.ts";
import { xenMapCacheErrors } from "./errors.ts";
import { geometries, NON_CACHE_MEMORY, type CacheGeometry } from "./geometry.ts";
import { addGuestCommands } from "./guest-commands.ts";
import { xenMapCacheHears } from "./hears.ts";
import { infoMapCache } from "./human.ts";
import { HostMapper } from "./mapper.ts";
import { ModelledXen } from "./model/host.ts";
import { xenMapCacheOptions, type XenMapCacheOptions } from "./options.ts";
import { firstUnlocked, leastRecentlyUsed } from "./replacement.ts";
import { MachineMapCache } from "./service.ts";

function modelledHost(machine: PluginMachine, options: XenMapCacheOptions, limit: number): ModelledXen {
  const memory = {
    space: machine.use(HOST_ADDRESS_SPACE),
    ram: machine.use(RAM_LIST),
    access: machine.use(BLOCK_ACCESS),
  };
  const limits = {
    domain: options.domain,
    maxPages: options["max-pages"] ?? Infinity,
    maxGrants: options["max-grants"],
    addressSpace: limit - NON_CACHE_MEMORY,
  };
  const model = new ModelledXen(memory, limits, options.faults);
  machine.own(machine.use(HOST_RESOURCES).add({ name: "xen-mapcache mappings", outstanding: () => model.outstanding }));
  return model;
}

function openGrantTable(host: XenHost): void {
  try {
    host.gnttabOpen();
  } catch (failure) {
    throw failure instanceof HostCallError ? xenMapCacheErrors.XEN_GNTTAB_OPEN() : failure;
  }
}

/** Of RLIMIT_AS. */
function addressSpaceLimit({ "address-space-limit": given }: XenMapCacheOptions): number {
  if (given === undefined) return Infinity;
  return (typeof given === "number" ? given : parseSize(given)) ?? 0;
}

export default definePlugin<XenMapCacheOptions>({
  id: "xen-mapcache",
  apiVersion: 1,
  summary: "Windows into the memory and the grants of a Xen guest, on a model of Xen",
  uses: [XEN_HOST, HUMAN_COMMANDS],
  provides: [XEN_MAP_CACHE],
  options: xenMapCacheOptions,
  hears: xenMapCacheHears,
  attach(machine, options) {
    const { log } = machine;
    const limit = addressSpaceLimit(options);
    const { foreign, grants } = geometries(options["long-bits"], limit);
    if (limit !== Infinity) log.warn("QEMU's maximum size of virtual memory is not infinity");
    const host = machine.optional(XEN_HOST) ?? modelledHost(machine, options, limit);
    machine.own(disposable(() => host.close()));
    openGrantTable(host);

    const runStates = machine.use(RUN_STATES);
    const control = machine.use(MACHINE_CONTROL);
    const announcer = new Announcer(machine.use(HOST_MAPPING_NOTIFIERS), options.announcements);
    const failed = (): void => {
      if (options.failures === "qemu-10.0") control.quit("host-error");
    };
    const cacheOf = (name: CacheInfo["name"], geometry: CacheGeometry, writable?: boolean): WindowCache => {
      const grantRights = writable === undefined ? undefined : { writable };
      return new WindowCache(
        name,
        geometry,
        new HostMapper(host, options.domain, geometry.bucketSize, grantRights, log, failed),
        announcer,
        options.replacement === "lru" ? leastRecentlyUsed(geometry) : firstUnlocked(geometry),
        () => writable === undefined && runStates.current === "inmigrate",
      );
    };
    const cache = new MachineMapCache(
      cacheOf("foreign", foreign),
      cacheOf("grants-ro", grants, false),
      cacheOf("grants-rw", grants, true),
      log,
    );
    machine.provideValue(XEN_MAP_CACHE, cache);

    const { guest } = host;
    const around = {
      host,
      guest,
      domain: options.domain,
      cache,
      runStates,
      memorySize: machine.definition.memory.size,
    };
    machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add(new DomainMemory({ ...around, log })));
    machine.own(disposable(() => announcer.endAll()));
    machine.own(disposable(() => cache.retractAll()));

    const commands = machine.use(COMMANDS);
    const space = machine.use(HOST_ADDRESS_SPACE);
    const added = [
      ...addMapCacheCommands(commands, cache, guest, space),
      ...addGuestCommands(commands, { ...around, log }),
    ];
    for (const command of added) machine.own(command);
    const human = machine.optional(HUMAN_COMMANDS);
    if (human !== undefined) machine.own(human.add(infoMapCache(cache)));
  },
});
