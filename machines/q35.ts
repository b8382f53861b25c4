import { defineMachineType, machineErrors, prop, type Property } from "backplane";
import acpi from "../plugins/acpi/index.ts";
import acpiErst from "../plugins/acpi-erst/index.ts";
import acpiFwCfg from "../plugins/acpi/fw-cfg/index.ts";
import acpiNuma from "../plugins/acpi/numa/index.ts";
import acpiQ35 from "../plugins/acpi/q35/index.ts";
import block from "../plugins/block/index.ts";
import blockRAMRegistrar from "../plugins/block-ram-registrar/index.ts";
import chardev from "../plugins/chardev/index.ts";
import apic from "../plugins/apic/index.ts";
import firmware from "../plugins/firmware/index.ts";
import fdset from "../plugins/fdset/index.ts";
import fwCfg from "../plugins/fw-cfg/index.ts";
import hmp from "../plugins/hmp/index.ts";
import hpet from "../plugins/hpet/index.ts";
import ich9 from "../plugins/ich9/index.ts";
import intelIommu from "../plugins/intel-iommu/index.ts";
import isa from "../plugins/isa/index.ts";
import isaDebugcon from "../plugins/isa-debugcon/index.ts";
import isaParallel from "../plugins/isa-parallel/index.ts";
import isaSerial from "../plugins/isa-serial/index.ts";
import mch from "../plugins/mch/index.ts";
import memoryBackend from "../plugins/memory-backend/index.ts";
import migration from "../plugins/migration/index.ts";
import migrationRam from "../plugins/migration/ram/index.ts";
import monitorCommands from "../plugins/monitor-commands/index.ts";
import numa from "../plugins/numa/index.ts";
import nvdimm from "../plugins/nvdimm/index.ts";
import pcDimm from "../plugins/pc-dimm/index.ts";
import pcMemory from "../plugins/pc-memory/index.ts";
import pci from "../plugins/pci/index.ts";
import pciBridge from "../plugins/pci-bridge/index.ts";
import pcieRootPort from "../plugins/pcie-root-port/index.ts";
import pvpanic from "../plugins/pvpanic/index.ts";
import qmp from "../plugins/qmp/index.ts";
import qom from "../plugins/qom/index.ts";
import rng from "../plugins/rng/index.ts";
import qtest from "../plugins/qtest/index.ts";
import romLoader from "../plugins/rom-loader/index.ts";
import sev from "../plugins/sev/index.ts";
import smbios from "../plugins/smbios/index.ts";
import vmcoreinfo from "../plugins/vmcoreinfo/index.ts";
import ide from "../plugins/ide/index.ts";
import input from "../plugins/input/index.ts";
import virtio from "../plugins/virtio/index.ts";
import e1000e from "../plugins/e1000e/index.ts";
import net from "../plugins/net/index.ts";
import vga from "../plugins/vga/index.ts";
import watchdog from "../plugins/watchdog/index.ts";
import vmgenid from "../plugins/vmgenid/index.ts";
import x86Cpu from "../plugins/x86-cpu/index.ts";

const onOffAuto = (text: string) => prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", { description: text });

/** A bus with its controllers that is not modelled: it can only be left out. */
const leftOut = (description: string): Property<boolean> => ({
  ...prop.bool(false, { description }),
  parse(value, name, owner, form) {
    if (prop.bool(false).parse(value, name, owner, form)) throw machineErrors.PROPERTY_REFUSED(owner, name, "on");
    return false;
  },
});

/** Eight memory modules' EEPROMs on the SMBus. */
const moduleDescriptions = Array.from({ length: 8 }, (_, slot) => ({
  driver: "smbus-eeprom",
  when: "smbus",
  bus: "i2c",
  properties: { address: 0x50 + slot },
}));

const DMA = { of: "ICH9-LPC", name: "dma[*]" } as const;

/** Intel's Q35 and ICH9, as the peer's version 10.0 has them. */
export default defineMachineType({
  name: "pc-q35-10.0",
  aliases: ["q35"],
  description: "Standard PC (Q35 + ICH9, 2009)",
  parent: "generic-pc-machine",
  defaultMemory: 128 * 1024 * 1024,
  maxCpus: 4096,
  defaultRamId: "pc.ram",
  defaultCpuType: "qemu64-x86_64-cpu",
  properties: {
    acpi: onOffAuto("Enable ACPI"),
    "confidential-guest-support": prop.link("confidential-guest-support", {
      description: "Set confidential guest scheme to support",
    }),
    graphics: prop.bool(true, { description: "Set on/off to enable/disable graphics emulation" }),
    hmat: prop.late(
      prop.bool(false, {
        description: "Set on/off to enable/disable ACPI Heterogeneous Memory Attribute Table (HMAT)",
      }),
    ),
    hpet: prop.bool(true, { description: "Enable/disable high precision event timer emulation" }),
    i8042: prop.bool(true, { description: "Enable/disable Intel 8042 PS/2 controller emulation" }),
    "max-ram-below-4g": prop.size(undefined, {
      description: "Maximum ram below the 4G boundary (32bit boundary)",
    }),
    "memory-backend": prop.link("memory-backend", { description: "Set RAM backend" }),
    "memory-encryption": prop.string(undefined, { description: "Set memory encryption object to use" }),
    nvdimm: prop.late(prop.bool(false, { description: "Set on/off to enable/disable NVDIMM instantiation" })),
    "nvdimm-persistence": prop.late(prop.string(undefined, { description: "Set NVDIMM persistence: cpu, mem-ctrl" })),
    pic: onOffAuto("Enable i8259 PIC"),
    pit: onOffAuto("Enable i8254 PIT"),
    sata: prop.bool(true, { description: "Enable/disable Serial ATA bus" }),
    "smbios-entry-point-type": prop.choice("str", ["32", "64", "auto"], "auto", {
      description: "SMBIOS Entry Point type [32, 64]",
    }),
    smbus: prop.bool(true, { description: "Enable/disable system management bus" }),
    smm: onOffAuto("Enable SMM"),
    usb: leftOut("Set on/off to enable/disable usb"),
    vmport: onOffAuto("Enable vmport (pc & q35)"),
    "x-oem-id": prop.string(undefined, {
      description: "Override the default value of field OEMID in ACPI table header",
    }),
    "x-oem-table-id": prop.string(undefined, {
      description: "Override the default value of field OEM Table ID in ACPI table header",
    }),
  },
  plugins: [
    memoryBackend,
    sev,
    numa,
    pcMemory,
    x86Cpu,
    fwCfg,
    romLoader,
    smbios,
    pci,
    apic,
    mch,
    ich9,
    isa,
    isaDebugcon,
    isaSerial,
    isaParallel,
    hpet,
    pvpanic,
    pcieRootPort,
    pciBridge,
    intelIommu,
    pcDimm,
    nvdimm,
    block,
    blockRAMRegistrar,
    ide,
    input,
    virtio,
    vga,
    net,
    e1000e,
    vmgenid,
    watchdog,
    vmcoreinfo,
    acpiErst,
    acpi,
    acpiFwCfg,
    acpiNuma,
    acpiQ35,
    firmware,
    migration,
    migrationRam,
    monitorCommands,
    chardev,
    fdset,
    qmp,
    qom,
    rng,
    hmp,
    qtest,
  ],
  offers: [
    { id: "nvmm", load: async () => (await import("../plugins/nvmm/index.ts")).default },
    { id: "vfio-helpers", load: async () => (await import("../plugins/vfio-helpers/index.ts")).default },
    { id: "xen-mapcache", load: async () => (await import("../plugins/xen-mapcache/index.ts")).default },
  ],
  devices: [
    { driver: "fw_cfg_io", place: { of: "/machine", name: "fw_cfg" }, properties: {} },
    { driver: "q35-pcihost", place: { of: "/machine", name: "q35" }, properties: {} },
    { driver: "mch", bus: "pcie.0", place: { of: "q35-pcihost", name: "mch" }, properties: { addr: "00.0" } },
    { driver: "ICH9-LPC", bus: "pcie.0", properties: { addr: "1f.0", multifunction: true } },
    { driver: "i8257", place: DMA, properties: { base: 0x00, "page-base": 0x80, "pageh-base": -1, dshift: 0 } },
    { driver: "i8257", place: DMA, properties: { base: 0xc0, "page-base": 0x88, "pageh-base": -1, dshift: 1 } },
    { driver: "mc146818rtc", place: { of: "ICH9-LPC", name: "rtc" }, properties: { base_year: 2000 } },
    { driver: "isa-i8259", when: "pic", properties: { iobase: 0x20, elcr_addr: 0x4d0, elcr_mask: 0xf8, master: true } },
    {
      driver: "isa-i8259",
      when: "pic",
      properties: { iobase: 0xa0, elcr_addr: 0x4d1, elcr_mask: 0xde, master: false },
    },
    { driver: "ioapic", place: { of: "/machine/q35", name: "ioapic" }, properties: {} },
    { driver: "hpet", when: "hpet", properties: {} },
    { driver: "isa-pit", when: "pit", properties: { iobase: 0x40 } },
    { driver: "isa-pcspk", when: "pit", properties: {} },
    { driver: "i8042", when: "i8042", properties: {} },
    { driver: "vmport", when: "vmport", properties: {} },
    { driver: "vmmouse", when: "vmport", properties: {} },
    { driver: "port92", properties: {} },
    { driver: "ich9-ahci", when: "sata", bus: "pcie.0", properties: { addr: "1f.2", multifunction: true } },
    { driver: "ICH9-SMB", when: "smbus", bus: "pcie.0", properties: { addr: "1f.3", multifunction: true } },
    ...moduleDescriptions,
  ],
});
