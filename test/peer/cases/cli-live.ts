import { Q35, lines } from "./cli-case.ts";

const TWO = "-m 256M -object memory-backend-ram,id=a,size=128M -object memory-backend-ram,id=b,size=128M";
const DIMM = "-object memory-backend-ram,id=d,size=128M";

/** What the comparison of random command lines, and of such with a fault, brought to light. */
export const liveLines = lines("live", Q35, {
  "cpu-missing-features": "-cpu Haswell -smp 2",
  "cpu-missing-and-threads": "-cpu EPYC-Milan -smp 4,threads=2",
  "cpu-warnings-after-nodes": `-cpu Haswell -smp 2 ${TWO} -numa node,memdev=a,cpus=0 -numa node,memdev=b`,
  "cpu-warnings-before-bits": "-cpu EPYC -m 20G,slots=2,maxmem=8T",
  "below-4g-warning": "-machine max-ram-below-4g=2560M -m 1G",
  "below-4g-large": "-machine max-ram-below-4g=5G -m 1G",
  "boot-order-many": "-boot order=abcd",
  "boot-order-drive": "-boot order=e",
  "boot-once-drive": "-boot once=p",
  "boot-order-id": "-boot order=c,id=x",
  "numa-id": `${TWO} -numa node,memdev=a,id=x -numa node,memdev=b`,
  "numa-node-huge": `${TWO} -numa node,memdev=a,nodeid=99999999999999999999`,
  "acpitable-id": "-acpitable sig=ABCD,data={dir}/data,id=x",
  "dimm-slot-without-slots": `-m 128M,maxmem=1G ${DIMM} -device pc-dimm,memdev=d,slot=1`,
  "nvdimm-without-acpi": `-machine acpi=off -m 128M,slots=1,maxmem=1G ${DIMM} -device nvdimm,memdev=d`,
  "backend-size": `-machine memory-backend=d ${DIMM}`,
  "object-before-bits": `-cpu 486 -m 8G -object memory-backend-ram,id=x,size=1M,share=maybe`,
  "global-unused-port": "-global pcie-root-port.hotplug=off",
  "global-unused-iommu": "-global intel-iommu.aw-bits=39",
  "global-unused-dimm": "-global nvdimm.unarmed=on -global pc-dimm.node=0",
  "global-unused-isa": "-machine i8042=off -global i8042.extended-state=on -global pvpanic.ioport=1285",
  "iommu-pasid-first": "-device intel-iommu,device-iotlb=on,x-flts=on,x-pasid-mode=on",
  "usb-on-word": "-machine usb=maybe",
});
