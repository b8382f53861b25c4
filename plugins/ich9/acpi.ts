import { LIFECYCLE, type PluginMachine } from "backplane";
import {
  ACPI_DSDT,
  ACPI_TABLES,
  type AcpiDsdt,
  type CpuHotplugFacts,
  type FadtFacts,
  Q35_SMI,
  type SleepStateFacts,
  buildFadt,
  cpuHotplug,
  gpeBlock,
  lpcBridge,
  memoryHotplug,
  pciHotplug,
  pciRouting,
  sleepStates,
} from "backplane/plugins/acpi/contract";
import type { Isa } from "backplane/plugins/isa/contract";
import type { Numa } from "backplane/plugins/numa/contract";
import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import type { Ich9 } from "./contract.ts";

/** What the chipset's description takes from others. */
export interface Ich9AcpiSources {
  readonly isa: Isa;
  readonly cpus: Cpus;
  readonly numa: Numa | undefined;
  /** Memory slots of the machine. */
  readonly slots: number;
}

const FADT_REVISION = 3;

function fadtFacts(ich9: Ich9, { isa, cpus }: Ich9AcpiSources): FadtFacts {
  return {
    revision: FADT_REVISION,
    sciInterrupt: ich9.sciInterrupt,
    ...(ich9.smmEnabled ? { smi: Q35_SMI } : {}),
    pmBase: ich9.pmBase,
    gpe0: { port: ich9.gpe0.base, length: ich9.gpe0.length },
    reset: ich9.resetPort,
    maxCpus: cpus.topology.maxCpus,
    i8042: isa.bus?.devices.some(({ typeName }) => typeName === "i8042") === true,
  };
}

function cpuFacts({ cpuHotplug }: Ich9, { cpus, numa }: Ich9AcpiSources): CpuHotplugFacts {
  const hasNodes = (numa?.nodes.length ?? 0) > 0;
  const possible = cpus.possible.map(({ index, apicId }) => ({
    apicId,
    boot: index === 0,
    ...(numa && hasNodes ? { node: numa.nodeOfCpu(index) } : {}),
  }));
  return { possible, base: cpuHotplug.base };
}

function sleepFacts({ sleep }: Ich9): SleepStateFacts {
  return { s3: !sleep.s3Disabled, ...(sleep.s4Disabled ? {} : { s4Type: sleep.s4Value }) };
}

/** The bridge shows the ISA devices, each as it described itself. */
function describeLpcBridge(dsdt: AcpiDsdt, ich9: Ich9, isa: Isa): ReturnType<AcpiDsdt["describe"]> {
  return dsdt.describe(ich9.lpc.device.path, () =>
    lpcBridge((isa.bus?.devices ?? []).map(({ device }) => ({ describe: () => dsdt.descriptionOf(device.path) }))),
  );
}

/** FADT, events, hot-plug registers, interrupt routing, sleep states, and the LPC bridge. */
export function contributeAcpi(machine: PluginMachine, ich9: Ich9, sources: Ich9AcpiSources): void {
  const tables = machine.optional(ACPI_TABLES);
  const dsdt = machine.optional(ACPI_DSDT);
  if (tables !== undefined) {
    machine.own(
      tables.add({ place: "fadt", build: ({ licensedOem }) => [buildFadt(licensedOem, fadtFacts(ich9, sources))] }),
    );
  }
  if (dsdt === undefined) return;
  const { slots } = sources;
  const fragments = [
    { place: "pci-hotplug", build: () => (ich9.pciHotplug ? pciHotplug(ich9.pciHotplug) : []) },
    { place: "pci-routing", build: pciRouting },
    { place: "gpe", build: gpeBlock },
    { place: "cpu-hotplug", build: () => cpuHotplug(cpuFacts(ich9, sources)) },
    {
      place: "memory-hotplug",
      build: () => (ich9.memoryHotplug ? memoryHotplug({ slots, base: ich9.memoryHotplug.base }) : []),
    },
    { place: "sleep-states", build: () => sleepStates(sleepFacts(ich9)) },
  ] as const;
  for (const fragment of fragments) machine.own(dsdt.add(fragment));
  // The bridge exists from here on.
  machine.own(machine.use(LIFECYCLE).on("devices", () => machine.own(describeLpcBridge(dsdt, ich9, sources.isa))));
}
