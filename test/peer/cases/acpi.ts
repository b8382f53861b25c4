import type { CaseFile } from "../workspace.ts";
import { type AcpiCase, q35, words } from "./acpi-case.ts";
import { liveCases } from "./acpi-live.ts";
import { numaCases } from "./acpi-numa.ts";
import { tableCases } from "./acpi-tables.ts";

const seedFiles: CaseFile[] = [
  { name: "fill1", size: 65000 },
  { name: "fill2", size: 50600 },
  { name: "nvdimm", size: 256 * 1024 * 1024 },
];

/** The thread's reproducer without `-S` and `-qmp stdio`, which every capture adds in its own way. */
const seed = [
  ["-machine", "q35,nvdimm=on,accel=tcg", "-smp", "1", "-cpu", "max", "-m", "size=20G,slots=8,maxmem=22G"],
  ["-object", "memory-backend-file,id=mem0,mem-path={dir}/nvdimm,size=256M"],
  ["-device", "nvdimm,label-size=131072,memdev=mem0,id=nvdimm0,slot=1", "-nodefaults", "-serial", "none"],
  ["-device", "vmgenid", "-device", "intel-iommu"],
].flat();
const seedFillers = ["-acpitable", "sig=FI1A,data={dir}/fill1", "-acpitable", "sig=FI2A,data={dir}/fill2"];

const seedCases: AcpiCase[] = [
  { name: "seed", args: [...seed, ...seedFillers, "-display", "none"], files: seedFiles },
  { name: "seed-2021", args: [...seed, "-display", "none"], files: seedFiles },
];

const memoryCases: AcpiCase[] = ["256M", "128M", "2G", "3G", "4G", "8G"].map((memory) => ({
  name: `q35-${memory.toLowerCase()}`,
  args: q35({ memory }),
}));

const processorCases: AcpiCase[] = (
  [
    ["4", "4"],
    ["4-sockets", "4,sockets=4"],
    ["4-cores", "4,cores=4"],
    ["4-threads", "4,threads=4"],
    ["4-sockets-cores", "4,sockets=2,cores=2"],
    ["4-dies", "4,sockets=1,dies=2,cores=2"],
    ["4-modules", "4,sockets=1,dies=1,modules=2,cores=2"],
    ["4-max-8", "4,maxcpus=8"],
    ["1-max-2", "1,maxcpus=2"],
    ["8-mixed", "8,sockets=2,cores=2,threads=2,maxcpus=8"],
  ] as const
).map(([name, smp]) => ({ name: `smp-${name}`, args: q35({ args: ["-smp", smp] }) }));

const dimm = ["-object", "memory-backend-ram,id=ram1,size=512M", "-device", "pc-dimm,id=dimm1,memdev=ram1"];

const hotplugCases: AcpiCase[] = [
  { name: "slots", args: q35({ memory: "1G,slots=4,maxmem=8G" }) },
  { name: "slots-1", args: q35({ memory: "256M,slots=1,maxmem=512M" }) },
  { name: "slots-256", args: q35({ memory: "256M,slots=256,maxmem=64G" }) },
  { name: "pc-dimm", args: q35({ memory: "1G,slots=4,maxmem=8G", args: dimm }) },
  {
    name: "pc-dimm-two",
    args: q35({
      memory: "1G,slots=4,maxmem=8G",
      args: [
        ...dimm,
        ...words("-object memory-backend-ram,id=ram2,size=256M"),
        ...words("-device pc-dimm,id=dimm2,memdev=ram2,slot=3,addr=0x180000000"),
      ],
    }),
  },
];

/** Which machines are captured, the most telling first; `peer:capture` works through them in this order. */
export const acpiCases: readonly AcpiCase[] = [
  ...seedCases,
  ...memoryCases,
  ...tableCases.filter((test) => test.extra !== true),
  ...hotplugCases,
  ...processorCases,
  ...numaCases,
  ...liveCases,
  { name: "cpu-max", args: q35({ args: ["-cpu", "max"] }) },
  {
    name: "none",
    args: ["-machine", "none", "-m", "64M", "-nodefaults", "-display", "none"],
    noFwCfg: true,
    noFirmware: true,
  },
  ...tableCases.filter((test) => test.extra === true),
];
