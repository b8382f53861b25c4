import { type CliCase, Q35, lines } from "./cli-case.ts";

const deviceLines0 = lines("device", Q35, {
  unknown: "-device nosuch",
  empty: "-device id=x",
  "unknown-property": "-device vmgenid,nosuch=1",
  "unknown-property-port": "-device pcie-root-port,nosuch=1",
  "unknown-property-iommu": "-device intel-iommu,nosuch=1",
  "duplicate-id": "-device pcie-root-port,id=x,chassis=1 -device pcie-root-port,id=x,chassis=2",
  "duplicate-id-object": "-object memory-backend-ram,id=x,size=1M -device vmgenid,id=x",
  "bad-id": "-device vmgenid,id=1x",
  "not-pluggable": "-device ICH9-LPC,id=x",
  abstract: "-device pci-device",
  "not-a-device": "-device memory-backend-ram",
  json: '-device {"driver":"vmgenid","guid":5}',
  "json-broken": '-device {"driver":',
  "bus-missing": "-device pcie-root-port,bus=nosuch,chassis=1",
  "bus-wrong-type": "-device pcie-root-port,bus=isa.0,chassis=1",
  "bus-on-sysbus-device": "-device vmgenid,bus=pcie.0",
  "on-none": "-machine none -device vmgenid",
  "pci-on-none": "-machine none -device pcie-root-port",
  "vmgenid-help": "-device vmgenid,help",
  "nvdimm-help": "-device nvdimm,help",
  "pc-dimm-help": "-device pc-dimm,help",
  "intel-iommu-help": "-device intel-iommu,help",
  "pcie-root-port-help": "-device pcie-root-port,help",
});

const vmgenidLines = lines("vmgenid", Q35, {
  twice: "-device vmgenid -device vmgenid",
  "bad-guid": "-device vmgenid,guid=1234",
  "empty-guid": "-device vmgenid,guid=",
  "long-guid": "-device vmgenid,guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87-00",
  "upper-guid": "-device vmgenid,guid=324E6EAF-D1D1-4BF6-BF41-B9BB6C91FB87",
  "guid-twice": "-device vmgenid,guid=auto,guid=1",
});

const iommuLines = lines("iommu", Q35, {
  twice: "-device intel-iommu -device intel-iommu",
  "aw-bits": "-device intel-iommu,aw-bits=40",
  "aw-bits-word": "-device intel-iommu,aw-bits=x",
  "aw-bits-large": "-device intel-iommu,aw-bits=256",
  "aw-bits-57": "-device intel-iommu,aw-bits=57",
  "scalable-57": "-device intel-iommu,x-scalable-mode=on,aw-bits=57",
  intremap: "-device intel-iommu,intremap=on",
  "intremap-off-eim": "-device intel-iommu,intremap=off,eim=on",
  "eim-on": "-device intel-iommu,intremap=on,eim=on",
  "bad-boolean": "-device intel-iommu,caching-mode=maybe",
  "bad-intremap": "-device intel-iommu,intremap=maybe",
  "dma-drain": "-device intel-iommu,dma-drain=x",
  scalable: "-device intel-iommu,x-scalable-mode=on",
  "pasid-alone": "-device intel-iommu,x-pasid-mode=on",
  "snoop-alone": "-device intel-iommu,snoop-control=on",
  "amd-and-intel": "-device amd-iommu -device intel-iommu",
  "on-pc": "-machine pc -device intel-iommu",
  "with-id": "-device intel-iommu,id=i",
});

const ram = (id: string, size: string): string => `-object memory-backend-ram,id=${id},size=${size}`;
const SLOTS = "-m 1G,slots=2,maxmem=4G";
const dimmLines = lines("dimm", Q35, {
  "no-memdev": `${SLOTS} -device pc-dimm`,
  "memdev-missing": `${SLOTS} -device pc-dimm,memdev=nosuch`,
  "memdev-wrong-type": `${SLOTS} -object rng-builtin,id=r -device pc-dimm,memdev=r`,
  "memdev-twice": `${SLOTS} ${ram("m", "128M")} -device pc-dimm,memdev=m -device pc-dimm,memdev=m`,
  "no-slots": `${ram("m", "128M")} -m 1G -device pc-dimm,memdev=m`,
  "slot-taken": `${SLOTS} ${ram("m", "128M")} ${ram("n", "128M")} -device pc-dimm,memdev=m,slot=1 -device pc-dimm,memdev=n,slot=1`,
  "slot-range": `${SLOTS} ${ram("m", "128M")} -device pc-dimm,memdev=m,slot=2`,
  "slot-negative": `${SLOTS} ${ram("m", "128M")} -device pc-dimm,memdev=m,slot=-2`,
  "slots-full": `-m 1G,slots=1,maxmem=4G ${ram("m", "128M")} ${ram("n", "128M")} -device pc-dimm,memdev=m -device pc-dimm,memdev=n`,
  "space-full": `-m 1G,slots=2,maxmem=2G ${ram("m", "1G")} ${ram("n", "512M")} -device pc-dimm,memdev=m -device pc-dimm,memdev=n`,
  "addr-unaligned": `${SLOTS} ${ram("m", "128M")} -device pc-dimm,memdev=m,addr=0x140000001`,
  "addr-low": `${SLOTS} ${ram("m", "128M")} -device pc-dimm,memdev=m,addr=0x1000000`,
  "addr-high": `${SLOTS} ${ram("m", "128M")} -device pc-dimm,memdev=m,addr=0x40000000000`,
  overlap: `${SLOTS} ${ram("m", "256M")} ${ram("n", "256M")} -device pc-dimm,id=d,memdev=m,addr=0x140000000 -device pc-dimm,memdev=n,addr=0x148000000`,
  "node-missing": `${SLOTS} ${ram("m", "128M")} -device pc-dimm,memdev=m,node=3`,
  "size-unaligned": `${SLOTS} ${ram("m", "5000")} -device pc-dimm,memdev=m`,
});

const NV = "-machine nvdimm=on -m 256M,slots=2,maxmem=4G -object memory-backend-file,id=m,mem-path={dir}/64m,size=64M";
const nvdimmLines = lines("nvdimm", Q35, {
  "machine-off": `-m 256M,slots=2,maxmem=4G ${ram("m", "64M")} -device nvdimm,memdev=m`,
  "no-memdev": `${NV} -device nvdimm`,
  "label-small": `${NV} -device nvdimm,memdev=m,label-size=64K`,
  "label-big": `${NV} -device nvdimm,memdev=m,label-size=128M`,
  "label-equal": `${NV} -device nvdimm,memdev=m,label-size=64M`,
  "label-word": `${NV} -device nvdimm,memdev=m,label-size=x`,
  "label-unaligned": `${NV} -device nvdimm,memdev=m,label-size=131073`,
  "uuid-bad": `${NV} -device nvdimm,memdev=m,uuid=1`,
  "readonly-armed": `-machine nvdimm=on -m 256M,slots=2,maxmem=4G -object memory-backend-file,id=m,mem-path={dir}/64m,size=64M,readonly=on,share=on -device nvdimm,memdev=m`,
  "slot-range": `${NV} -device nvdimm,memdev=m,slot=9`,
  "backend-tiny": `-machine nvdimm=on -m 256M,slots=2,maxmem=4G ${ram("m", "4K")} -device nvdimm,memdev=m`,
  "on-none": `-machine none ${ram("m", "64M")} -device nvdimm,memdev=m`,
});

const portLines = lines("port", Q35, {
  "same-slot": "-device pcie-root-port,chassis=1,slot=1 -device pcie-root-port,chassis=1,slot=1",
  "same-default": "-device pcie-root-port -device pcie-root-port",
  "addr-taken": "-device pcie-root-port,chassis=1,addr=5 -device pcie-root-port,chassis=2,addr=5",
  "addr-lpc": "-device pcie-root-port,chassis=1,addr=1f.0",
  "addr-range": "-device pcie-root-port,chassis=1,addr=32",
  "addr-function": "-device pcie-root-port,chassis=1,addr=3.8",
  "addr-word": "-device pcie-root-port,chassis=1,addr=x",
  "chassis-large": "-device pcie-root-port,chassis=256",
  "slot-large": "-device pcie-root-port,slot=8192",
  "single-function": "-device pcie-root-port,chassis=1,addr=4.0 -device pcie-root-port,chassis=2,addr=4.1",
  "port-on-port": "-device pcie-root-port,id=a,chassis=1 -device pcie-root-port,bus=a,chassis=2",
  "multifunction-word": "-device pcie-root-port,multifunction=x",
  "two-behind": "-device pcie-root-port,id=a,chassis=1 -device pcie-pci-bridge,bus=a -device pcie-pci-bridge,bus=a",
});

export const deviceLines: CliCase[] = [
  ...deviceLines0,
  ...vmgenidLines,
  ...iommuLines,
  ...dimmLines,
  ...nvdimmLines,
  ...portLines,
];
