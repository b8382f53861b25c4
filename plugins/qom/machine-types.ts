import type { QomProperty, QomType } from "backplane";

const text = (name: string): QomProperty => ({ name, type: "string" });
const bool = (name: string): QomProperty => ({ name, type: "bool" });
const onOffAuto = (name: string): QomProperty => ({ name, type: "OnOffAuto" });

/** What machines have in common; `machine` shows the values. */
export const MACHINE_TYPES: readonly QomType[] = [
  {
    name: "machine",
    parent: "object",
    abstract: true,
    properties: () => [
      text("kernel"),
      text("initrd"),
      text("append"),
      text("shim"),
      text("dtb"),
      text("dumpdtb"),
      { name: "boot", type: "BootConfiguration", description: "Boot configuration" },
      { name: "smp", type: "SMPConfiguration", description: "CPU topology" },
      {
        name: "smp-cache",
        type: "SmpCachePropertiesWrapper",
        description: "Cache topology properties for SMP machine",
      },
      { name: "phandle-start", type: "int" },
      text("dt-compatible"),
      bool("dump-guest-core"),
      bool("mem-merge"),
      bool("graphics"),
      bool("usb"),
      text("firmware"),
      bool("suppress-vmdesc"),
      bool("aux-ram-share"),
      { name: "confidential-guest-support", type: "link<confidential-guest-support>" },
      text("memory-encryption"),
      { name: "memory-backend", type: "link<memory-backend>" },
      { name: "memory", type: "MemorySizeConfiguration" },
    ],
  },
  {
    name: "x86-machine",
    parent: "machine",
    abstract: true,
    interfaces: ["nmi"],
    properties: () => [
      onOffAuto("smm"),
      onOffAuto("acpi"),
      onOffAuto("pit"),
      onOffAuto("pic"),
      text("x-oem-id"),
      text("x-oem-table-id"),
      { name: "bus-lock-ratelimit", type: "uint64_t" },
      { name: "sgx-epc", type: "SgxEPC" },
    ],
  },
  {
    name: "generic-pc-machine",
    parent: "x86-machine",
    abstract: true,
    interfaces: ["hotplug-handler"],
    properties: () => [
      { name: "max-ram-below-4g", type: "size" },
      onOffAuto("vmport"),
      bool("smbus"),
      bool("sata"),
      bool("hpet"),
      bool("i8042"),
      bool("default-bus-bypass-iommu"),
      { name: "max-fw-size", type: "size" },
      { name: "smbios-entry-point-type", type: "str" },
      bool("fd-bootchk"),
    ],
  },
];
