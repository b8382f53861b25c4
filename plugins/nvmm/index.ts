import {
  COMMANDS,
  definePlugin,
  DIRTY_MEMORY,
  HOST_ADDRESS_SPACE,
  HOST_RESOURCES,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  SYSTEM_MEMORY,
  type PluginMachine,
} from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { KVM } from "backplane/plugins/sev/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { NVMM, NVMM_HOST, type NvmmGuestAccess, type NvmmHost } from "./contract.ts";
import { nvmmErrors } from "./errors.ts";
import { NvmmGuestMappings } from "./guest-mappings.ts";
import { nvmmHears } from "./hears.ts";
import { NvmmHostMappings } from "./host-mappings.ts";
import { ModelledNvmm } from "./model/host.ts";
import { NVMM_LIMITS } from "./model/limits.ts";
import { nvmmOptions, type NvmmOptions } from "./options.ts";
import { infoNvmm, queryNvmm, readGuest, writeGuest } from "./query.ts";
import { startMachine } from "./start.ts";
import { NvmmVcpus } from "./vcpus.ts";

function modelledHost(machine: PluginMachine, { system, faults }: NvmmOptions): ModelledNvmm {
  const model = new ModelledNvmm(machine.use(HOST_ADDRESS_SPACE), NVMM_LIMITS[system], faults);
  const resources = machine.use(HOST_RESOURCES);
  for (const what of ["machines", "hostMappings", "guestMappings"] as const) {
    machine.own(resources.add({ name: `nvmm ${what}`, outstanding: () => model.outstanding[what] }));
  }
  return model;
}

export default definePlugin<NvmmOptions>({
  id: "nvmm",
  apiVersion: 1,
  summary: "Keeps NetBSD's hypervisor informed of the machine's memory, on a model of it",
  uses: [NVMM_HOST, KVM, CPUS, MIGRATION, HUMAN_COMMANDS],
  provides: [NVMM],
  options: nvmmOptions,
  hears: nvmmHears,
  attach(machine, options) {
    if (machine.optional(KVM)?.isThere === true) throw nvmmErrors.NVMM_OTHER_HYPERVISOR();
    const host: NvmmHost & Partial<NvmmGuestAccess> = machine.optional(NVMM_HOST) ?? modelledHost(machine, options);
    const started = startMachine(host, (resource) => machine.own(resource), machine.log);
    const { log } = machine;
    const vcpus = new NvmmVcpus(host, started.machine, log, () => {
      const migration = machine.optional(MIGRATION);
      if (migration !== undefined) machine.own(migration.block("NVMM: Migration not supported"));
    });
    const cpus = machine.optional(CPUS);
    for (const watch of cpus === undefined ? [] : vcpus.follow(cpus)) machine.own(watch);

    const guests = new NvmmGuestMappings(host, started.machine, machine.use(DIRTY_MEMORY), options.dirty, log);
    machine.own(machine.use(SYSTEM_MEMORY).listen(guests));
    const hosts = new NvmmHostMappings(host, started.machine, machine.use(RAM_LIST), log);
    machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add(hosts.notifier(options.removal)));
    log.info("NetBSD Virtual Machine Monitor accelerator is operational");

    const nvmm = {
      capability: started.capability,
      hostMappings: () => hosts.all(),
      guestMappings: () => guests.all(),
      vcpus: () => vcpus.all(),
      guestRead: (gpa: number, into: Uint8Array) => host.guestRead?.(started.machine, gpa, into) ?? false,
      guestWrite: (gpa: number, from: Uint8Array) => host.guestWrite?.(started.machine, gpa, from) ?? false,
    };
    machine.provideValue(NVMM, nvmm);
    const commands = machine.use(COMMANDS);
    machine.own(commands.add(queryNvmm(nvmm)));
    machine.own(commands.add(readGuest(nvmm)));
    machine.own(commands.add(writeGuest(nvmm)));
    const human = machine.optional(HUMAN_COMMANDS);
    if (human !== undefined) machine.own(human.add(infoNvmm(nvmm)));
  },
});
