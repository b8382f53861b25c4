import { asBackplaneError, definePlugin, LIFECYCLE, MACHINE } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { FW_CFG, FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";
import { ROM_LOADER } from "backplane/plugins/rom-loader/contract";
import { contributeAcpi } from "./acpi.ts";
import { CPUS } from "./contract.ts";
import { Processors } from "./processors.ts";

/**
 * An option ROM with which an APIC speeds up old Windows guests. The guest sees a ROM of the peer's size; it is empty, so
 * firmware finds no signature in it and passes it over.
 */
const VAPIC_ROM = { name: "kvmvapic.bin", length: 9216 } as const;

/** Leaf 1, EDX: the processor has an APIC of its own; one of several has it whatever the model says. */
const APIC = 1 << 9;

export default definePlugin({
  id: "x86-cpu",
  apiVersion: 1,
  summary: "x86 processors: topology, APIC ids, models",
  requires: [FW_CFG, ROM_LOADER],
  uses: [ACPI_TABLES],
  provides: [CPUS],
  attach(machine) {
    const { type } = machine.use(MACHINE);
    const { cpu } = machine.definition;
    let cpus: Processors;
    try {
      cpus = new Processors(cpu, type, machine.log);
    } catch (failure) {
      throw asBackplaneError(failure).from(cpu.origin);
    }
    machine.provideValue(CPUS, cpus);
    contributeAcpi(machine, cpus);
    const lifecycle = machine.use(LIFECYCLE);
    const fwCfg = machine.use(FW_CFG);
    const roms = machine.use(ROM_LOADER);
    machine.own(
      lifecycle.on("objects", () => {
        // Behind everybody who is listening by now.
        machine.own(lifecycle.on("board", () => cpus.start()));
      }),
    );
    machine.own(
      lifecycle.on("board", () => {
        fwCfg.addNumber(FW_CFG_KEYS.nbCpus, cpus.topology.cpus, 2);
        fwCfg.addNumber(FW_CFG_KEYS.maxCpus, cpus.apicIdLimit % 0x10000, 2);
        if (cpus.topology.cpus > 1 || (cpus.identity.features & APIC) !== 0)
          roms.addOptionRom(VAPIC_ROM.name, new Uint8Array(VAPIC_ROM.length));
      }),
    );
  },
});
