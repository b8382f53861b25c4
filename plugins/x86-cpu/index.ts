import {
  CLOCK,
  asBackplaneError,
  definePlugin,
  DEVICE_STATES,
  DEVICES,
  GLOBALS,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  MEMORY_REGIONS,
  QOM,
  RESETS,
  SYSTEM_MEMORY,
  type Disposable,
  type PluginMachine,
} from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { FW_CFG, FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";
import { ROM_LOADER } from "backplane/plugins/rom-loader/contract";
import { contributeAcpi } from "./acpi.ts";
import { APIC_OPTION_ROM, apicOptionRom } from "./apic-option-rom.ts";
import { CPUS, PROCESSOR_SPACES } from "./contract.ts";
import { Cpu, CPU_CLASSES, cpuTypes } from "./device.ts";
import { ProcessorSpaces } from "./processor-spaces.ts";
import { addQueries } from "./queries.ts";
import { ProcessorStates } from "./processor-states.ts";
import { Processors, PROCESSORS } from "./processors.ts";

export default definePlugin({
  id: "x86-cpu",
  apiVersion: 1,
  summary: "x86 processors: topology, APIC ids, models and their features, hot-plug",
  uses: [FW_CFG, ROM_LOADER, ACPI_TABLES],
  provides: [CPUS, PROCESSORS, PROCESSOR_SPACES],
  attach(machine) {
    const { type } = machine.use(MACHINE);
    const { cpu } = machine.definition;
    const devices = machine.use(DEVICES);
    machine.own(machine.use(QOM).types.add(CPU_CLASSES));
    for (const each of cpuTypes()) machine.own(devices.register(each, Cpu));
    let cpus: Processors;
    try {
      cpus = new Processors(cpu, type, { devices, globals: machine.use(GLOBALS), log: machine.log });
    } catch (failure) {
      throw asBackplaneError(failure).from(cpu.origin);
    }
    machine.provideValue(CPUS, cpus);
    machine.provideValue(PROCESSORS, cpus);
    const runsGuests = machine.use(CLOCK).source !== "client";
    const system = machine.use(SYSTEM_MEMORY).root;
    const spaces = machine.own(new ProcessorSpaces(machine.use(MEMORY_REGIONS), system, runsGuests));
    machine.provideValue(PROCESSOR_SPACES, spaces);
    const seen = new Map<number, Disposable>();
    machine.own(cpus.onPlug(({ index }) => void seen.set(index, spaces.add(index))));
    machine.own(cpus.onUnplug(({ index }) => void seen.get(index)?.dispose()));
    const states = machine.own(
      new ProcessorStates(cpus, {
        states: machine.use(DEVICE_STATES),
        control: machine.use(MACHINE_CONTROL),
        resets: machine.use(RESETS),
      }),
    );
    machine.own(cpus.onPlug(({ index }) => states.add(index)));
    machine.own(cpus.onUnplug(({ index }) => states.remove(index)));
    contributeAcpi(machine, cpus);
    tellFirmware(machine, cpus);
    addQueries(machine);
    const lifecycle = machine.use(LIFECYCLE);
    machine.own(
      lifecycle.on("objects", () => {
        // Behind everybody who is listening by now.
        machine.own(lifecycle.on("board", () => cpus.start()));
      }),
    );
  },
});

function tellFirmware(machine: PluginMachine, cpus: Processors): void {
  const fwCfg = machine.optional(FW_CFG);
  const roms = machine.optional(ROM_LOADER);
  if (fwCfg === undefined) return;
  machine.own(
    machine.use(LIFECYCLE).on("board", () => {
      fwCfg.addNumber(FW_CFG_KEYS.nbCpus, cpus.topology.cpus, 2);
      fwCfg.addNumber(FW_CFG_KEYS.maxCpus, cpus.apicIdLimit % 0x10000, 2);
      if (cpus.hasLocalApic) roms?.addOptionRom(APIC_OPTION_ROM.name, apicOptionRom());
    }),
  );
  const recount = (): void =>
    fwCfg.modifyNumber(FW_CFG_KEYS.nbCpus, cpus.possible.filter(({ present }) => present).length);
  machine.own(cpus.onPlug(recount));
  machine.own(cpus.onUnplug(recount));
}
