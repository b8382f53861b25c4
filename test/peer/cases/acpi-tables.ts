import { type AcpiCase, q35, words } from "./acpi-case.ts";
import type { CaseFile } from "../workspace.ts";
import { userTableCases } from "./acpi-user-tables.ts";

const GUID = "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87";
const MIB = 1024 * 1024;

const nvdimmFile = (name: string, mib: number): CaseFile => ({ name, size: mib * MIB });

function nvdimm(id: string, mib: number, device: string, backend = ""): string[] {
  const suffix = device === "" ? "" : `,${device}`;
  return [
    ...words(`-object memory-backend-file,id=mem-${id},mem-path={dir}/${id},size=${mib}M${backend}`),
    ...words(`-device nvdimm,id=${id},memdev=mem-${id}${suffix}`),
  ];
}

function nvdimmMachine(args: readonly string[], machine = "nvdimm=on", memory = "256M,slots=4,maxmem=4G"): string[] {
  return q35({ machine, memory, args });
}

const one = [nvdimmFile("nv0", 64)];
const two = [nvdimmFile("nv0", 64), nvdimmFile("nv1", 128)];
const nvdimmUuid = "6b8d1a10-5a2c-4d0b-9d34-0a1b2c3d4e5f";

const nvdimmCases: AcpiCase[] = [
  { name: "nvdimm", args: nvdimmMachine(nvdimm("nv0", 64, "")), files: one },
  { name: "nvdimm-none", args: nvdimmMachine([]) },
  { name: "nvdimm-label-128k", args: nvdimmMachine(nvdimm("nv0", 64, "label-size=128K")), files: one },
  { name: "nvdimm-label-2m-slot", args: nvdimmMachine(nvdimm("nv0", 64, "label-size=2M,slot=3")), files: one },
  { name: "nvdimm-uuid", args: nvdimmMachine(nvdimm("nv0", 64, `uuid=${nvdimmUuid}`)), files: one },
  { name: "nvdimm-unarmed", args: nvdimmMachine(nvdimm("nv0", 64, "unarmed=on", ",share=on,readonly=on")), files: one },
  {
    name: "nvdimm-two",
    args: nvdimmMachine([...nvdimm("nv0", 64, "label-size=128K"), ...nvdimm("nv1", 128, "label-size=256K,slot=2")]),
    files: two,
  },
  {
    name: "nvdimm-numa",
    args: nvdimmMachine([
      ...words("-object memory-backend-ram,id=ram0,size=128M -numa node,nodeid=0,memdev=ram0"),
      ...words("-object memory-backend-ram,id=ram1,size=128M -numa node,nodeid=1,memdev=ram1"),
      ...nvdimm("nv0", 64, "node=1"),
    ]),
    files: one,
  },
  {
    name: "nvdimm-persistence-cpu",
    args: nvdimmMachine(nvdimm("nv0", 64, ""), "nvdimm=on,nvdimm-persistence=cpu"),
    files: one,
  },
  {
    name: "nvdimm-persistence-mem-ctrl",
    args: nvdimmMachine(nvdimm("nv0", 64, ""), "nvdimm=on,nvdimm-persistence=mem-ctrl"),
    files: one,
  },
  {
    name: "nvdimm-and-dimm",
    args: nvdimmMachine([
      ...words("-object memory-backend-ram,id=ram1,size=256M -device pc-dimm,id=dimm1,memdev=ram1"),
      ...nvdimm("nv0", 64, "label-size=128K"),
    ]),
    files: one,
  },
];

const iommuCases: AcpiCase[] = (
  [
    ["iommu", ""],
    ["iommu-intremap", ",intremap=on"],
    ["iommu-device-iotlb", ",device-iotlb=on"],
    ["iommu-aw-48", ",aw-bits=48"],
    ["iommu-aw-39", ",aw-bits=39"],
    ["iommu-caching", ",caching-mode=on"],
    ["iommu-all", ",intremap=on,device-iotlb=on,aw-bits=48,caching-mode=on"],
  ] as const
).map(([name, options]) => ({
  name,
  args: q35({ machine: "kernel-irqchip=split", args: ["-device", `intel-iommu${options}`] }),
}));

const port = (options: string): string[] => ["-device", `pcie-root-port,${options}`];

const bridgeCases: AcpiCase[] = [
  { name: "root-port", args: q35({ args: port("id=rp0,chassis=1,slot=1") }) },
  {
    name: "root-port-two",
    args: q35({ args: [...port("id=rp0,chassis=1,slot=1"), ...port("id=rp1,chassis=2,slot=2,addr=5")] }),
  },
  {
    name: "root-port-three",
    args: q35({
      args: [
        ...port("id=rp0,chassis=1,slot=1,bus=pcie.0,addr=2.0,multifunction=on"),
        ...port("id=rp1,chassis=1,slot=2,bus=pcie.0,addr=2.1"),
        ...port("id=rp2,chassis=9,slot=7,bus=pcie.0,addr=0x1c.3"),
      ],
    }),
  },
  { name: "root-port-no-hotplug", args: q35({ args: port("id=rp0,chassis=1,slot=1,hotplug=off") }) },
  { name: "root-port-vmgenid", args: q35({ args: [...port("id=rp0,chassis=1"), "-device", `vmgenid,guid=${GUID}`] }) },
  {
    name: "root-port-iommu",
    args: q35({ args: [...port("id=rp0,chassis=1"), "-device", "intel-iommu,device-iotlb=on"] }),
  },
  { name: "pcie-pci-bridge", args: q35({ args: ["-device", "pcie-pci-bridge,id=b0,addr=3"] }) },
  {
    name: "pci-bridge-behind",
    args: q35({ args: ["-device", "pcie-pci-bridge,id=b0", "-device", "pci-bridge,id=b1,bus=b0,chassis_nr=3,addr=1"] }),
  },
];

const machineCases: AcpiCase[] = [
  { name: "hpet-off", args: q35({ machine: "hpet=off" }) },
  { name: "smm-off", args: q35({ machine: "smm=off" }) },
  { name: "oem-ids", args: q35({ machine: "x-oem-id=ACME,x-oem-table-id=ACMETBL" }) },
  { name: "acpi-off", args: q35({ machine: "acpi=off" }) },
  { name: "disable-s3", args: q35({ args: ["-global", "ICH9-LPC.disable_s3=1"] }) },
  { name: "disable-s4", args: q35({ args: ["-global", "ICH9-LPC.disable_s4=1"] }) },
  { name: "s4-val", args: q35({ args: ["-global", "ICH9-LPC.s4_val=1"] }) },
  {
    name: "pci-hotplug-bridge-off",
    args: q35({
      args: ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off", ...port("id=rp0,chassis=1,slot=1")],
    }),
  },
  { name: "pvpanic", args: q35({ args: ["-device", "pvpanic"] }) },
  { name: "isa-debugcon", args: q35({ args: ["-device", "isa-debugcon,chardev=log", "-chardev", "null,id=log"] }) },
  { name: "no-reboot", args: q35({ args: ["-no-reboot"] }) },
  {
    name: "whole-intel-bridges",
    args: q35({ args: words("-device ioh3420,id=rp,chassis=1 -device i82801b11-bridge -device i6300esb,bus=rp") }),
  },
  { name: "whole-displays", args: q35({ args: words("-device VGA -device secondary-vga -device ib700") }) },
];

const bare = ["-display", "none", "-serial", "none", "-nodefaults"];
const extraCases: AcpiCase[] = [
  { name: "usb-on", args: q35({ machine: "usb=on" }) },
  { name: "nographic", args: ["-machine", "q35,accel=tcg", "-m", "256M", "-nodefaults", "-nographic"] },
  {
    name: "serial",
    args: ["-machine", "q35,accel=tcg", "-m", "256M", "-nodefaults", "-display", "none", "-serial", "null"],
  },
  { name: "vga", args: q35({ args: ["-vga", "std"] }) },
  { name: "defaults", args: ["-machine", "q35,accel=tcg", "-m", "256M", "-display", "none"], bootLimit: 4000 },
  { name: "pc-q35-9.2", args: ["-machine", "pc-q35-9.2,accel=tcg", "-m", "256M", ...bare] },
  { name: "i440fx", args: ["-machine", "pc,accel=tcg", "-m", "256M", ...bare] },
  { name: "e1000e", args: q35({ args: ["-device", "e1000e,romfile=,bus=pcie.0"] }) },
  {
    name: "pxb-e1000e",
    args: q35({ args: ["-device", "pxb-pcie,bus_nr=128", "-device", "e1000e,romfile=,bus=pcie.0"] }),
  },
  { name: "virtio-rng-port", args: q35({ args: [...port("id=rp0,chassis=1"), "-device", "virtio-rng-pci,bus=rp0"] }) },
  { name: "boot-menu", args: q35({ args: ["-boot", "menu=on,splash-time=100"] }) },
  {
    name: "seed-root-port",
    args: nvdimmMachine([
      ...nvdimm("nv0", 64, "label-size=128K"),
      "-device",
      `vmgenid,guid=${GUID}`,
      "-device",
      "intel-iommu",
      ...port("id=rp0,chassis=1,slot=1"),
    ]),
    files: one,
  },
].map((test) => ({ ...test, extra: true as const }));

/** Everything that adds or changes a table, except memory, processors and NUMA. */
export const tableCases: AcpiCase[] = [
  { name: "vmgenid", args: q35({ args: ["-device", `vmgenid,guid=${GUID}`] }) },
  { name: "vmgenid-auto", args: q35({ args: ["-device", "vmgenid,guid=auto"] }) },
  ...nvdimmCases.slice(0, 3),
  ...iommuCases.slice(0, 1),
  ...bridgeCases.slice(0, 1),
  ...userTableCases.slice(0, 4),
  ...nvdimmCases.slice(3),
  ...iommuCases.slice(1),
  ...bridgeCases.slice(1),
  ...userTableCases.slice(4),
  ...machineCases,
  ...extraCases,
];
