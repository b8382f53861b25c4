import { defineMachineType, prop, type CompatibilityValue, type MachineQuirk, type MachineType } from "backplane";
import q35 from "./q35.ts";

/** What a version has that is no longer so in the next one. It holds for all older versions, too. */
interface Step {
  readonly version: string;
  /** `driver.property=value`; `pci-device` stands for all that sits on PCI. */
  readonly values?: readonly string[];
  readonly quirks?: readonly MachineQuirk[];
  readonly entryPoint?: "32" | "64";
  readonly maxCpus?: number;
}

/** Newest first. The peer's lists, as far as they touch what is modelled. */
const STEPS: readonly Step[] = [
  { version: "9.2" },
  {
    version: "9.1",
    values: [
      "pci-device.x-pcie-ext-tag=off",
      "ICH9-LPC.x-smi-swsmi-timer=off",
      "ICH9-LPC.x-smi-periodic-timer=off",
      "intel-iommu.stale-tm=on",
      "intel-iommu.aw-bits=39",
    ],
  },
  { version: "9.0", quirks: ["smbios-memory-devices-of-16-gib"] },
  { version: "8.2", entryPoint: "64", maxCpus: 1024 },
  { version: "8.1" },
  { version: "8.0", entryPoint: "32", maxCpus: 288 },
  { version: "7.2", values: ["ICH9-LPC.noreboot=on"] },
  { version: "7.1" },
  { version: "7.0", quirks: ["ram-over-hyper-transport"] },
  { version: "6.2" },
  { version: "6.1", values: ["ICH9-LPC.x-keep-pci-slot-hpc=off"], quirks: ["sockets-before-cores"] },
  {
    version: "6.0",
    values: [
      "qemu64-x86_64-cpu.family=6",
      "qemu64-x86_64-cpu.model=6",
      "qemu64-x86_64-cpu.stepping=3",
      "i8042.extended-state=off",
      "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
      "ICH9-LPC.x-keep-pci-slot-hpc=on",
    ],
  },
  { version: "5.2", values: ["ICH9-LPC.smm-compat=on", "ICH9-LPC.x-smi-cpu-hotunplug=off"] },
  {
    version: "5.1",
    values: ["pvpanic.events=1", "ICH9-LPC.x-smi-cpu-hotplug=off"],
    quirks: ["pci-root-uid-1"],
  },
  { version: "5.0", quirks: ["numa-node-memory"] },
  { version: "4.2", values: ["mch.smbase-smram=off"] },
  { version: "4.1" },
];

/** Versions from here on are more than three years old. */
const FIRST_DEPRECATED = "7.0";

function compatibilityValue(text: string): CompatibilityValue {
  const [, driver = "", property = "", value = ""] = /^([^.]+)\.([^=]+)=(.*)$/.exec(text) ?? [];
  return { driver, property, value };
}

function olderVersions(): readonly MachineType[] {
  const types: MachineType[] = [];
  let { maxCpus } = q35;
  let entryPoint: "auto" | "32" | "64" = "auto";
  let deprecated = false;
  const compatibility: CompatibilityValue[] = [];
  const quirks: MachineQuirk[] = [];
  for (const step of STEPS) {
    compatibility.push(...(step.values ?? []).map(compatibilityValue));
    quirks.push(...(step.quirks ?? []));
    maxCpus = step.maxCpus ?? maxCpus;
    entryPoint = step.entryPoint ?? entryPoint;
    deprecated ||= step.version === FIRST_DEPRECATED;
    const asked = q35.properties["smbios-entry-point-type"];
    const { aliases: _aliases, ...rest } = q35;
    types.push(
      defineMachineType({
        ...rest,
        name: `pc-q35-${step.version}`,
        maxCpus,
        deprecated,
        compatibility: [...compatibility],
        quirks: [...quirks],
        properties: { ...q35.properties, "smbios-entry-point-type": prop.fallback(asked, entryPoint) },
      }),
    );
  }
  return types;
}

/** Q35 as older versions of the peer have it, for guests that were made there. */
export const q35Versions: readonly MachineType[] = olderVersions();
