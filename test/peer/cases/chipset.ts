// Machines whose chipset is compared register by register, and command lines that the peer refuses.

/** `[bus, device, function, bytes of configuration space]`. */
export type Place = readonly [bus: number, device: number, number: number, length: 256 | 1024];

export interface ChipsetCase {
  readonly name: string;
  readonly args: readonly string[];
  /** Functions on the root bus that are dumped as they are after reset, with which of their bits are writable. */
  readonly functions: readonly Place[];
}

const machine = (text: string): string[] => text.split(" ");
const board: readonly Place[] = [
  [0, 0, 0, 256],
  [0, 31, 0, 256],
  [0, 31, 2, 256],
  [0, 31, 3, 256],
];

export const chipsetCases: readonly ChipsetCase[] = [
  { name: "board", args: machine("-machine q35,accel=tcg -m 256M -nodefaults"), functions: board },
  {
    name: "bridges",
    args: machine(
      "-machine q35,accel=tcg -m 256M -nodefaults" +
        " -device pcie-root-port,id=rp0,chassis=1,slot=5,port=3,addr=1" +
        " -device pcie-root-port,id=rp1,chassis=2,addr=2,hotplug=off" +
        " -device pcie-root-port,id=rp2,chassis=3,addr=3,mem-reserve=4M,x-speed=8,x-width=4,disable-acs=on,x-do-not-expose-native-hotplug-cap=on" +
        " -device pcie-pci-bridge,id=pb,addr=4 -device pci-bridge,chassis_nr=3,id=b1,addr=5" +
        " -device pci-bridge,chassis_nr=4,id=b2,addr=6,shpc=off,msi=off -device pvpanic-pci,addr=7" +
        " -device pcie-pci-bridge,id=pb2,bus=rp0,msi=off",
    ),
    functions: [
      [0, 1, 0, 1024],
      [0, 2, 0, 1024],
      [0, 3, 0, 1024],
      [0, 4, 0, 1024],
      [0, 5, 0, 256],
      [0, 6, 0, 256],
      [0, 7, 0, 256],
    ],
  },
  {
    name: "nested-8g",
    args: machine(
      "-machine q35,accel=tcg -m 8G -smp 2 -nodefaults -device pcie-root-port,id=rp0,chassis=1" +
        " -device pcie-root-port,id=rp1,chassis=2 -device pcie-pci-bridge,id=pb,bus=rp0" +
        " -device pci-bridge,chassis_nr=3,id=b1,bus=pb -device pvpanic-pci,bus=b1",
    ),
    functions: [],
  },
  {
    name: "reserves",
    args: machine(
      "-machine q35,accel=tcg,smm=off,hpet=off -m 3G -nodefaults" +
        " -device pcie-root-port,id=rp0,chassis=1,multifunction=on,addr=4" +
        " -device pcie-root-port,chassis=2,addr=4.1,mem-reserve=64M,pref64-reserve=8G,io-reserve=0" +
        " -device pci-bridge,chassis_nr=1,shpc=off -device pvpanic -device pvpanic-pci,bus=rp0",
    ),
    functions: [[0, 4, 1, 1024]],
  },
];

/** Options of `intel-iommu`. */
export const iommuCases: readonly string[] = [
  "",
  "intremap=off",
  "intremap=on",
  "device-iotlb=on",
  "aw-bits=39",
  "caching-mode=on",
  "x-scalable-mode=on",
  "eim=on",
  "x-buggy-eim=on",
  "dma-drain=off",
  "snoop-control=on",
  "dma-translation=off",
  "pt=off",
  "x-scalable-mode=on,x-flts=on",
  "x-scalable-mode=on,x-flts=on,fs1gp=off",
  "x-scalable-mode=on,x-pasid-mode=on",
];

/** Devices that the peer refuses, each on `-machine q35 -nodefaults`. */
export const refusedDevices: readonly string[] = [
  "-device pcie-root-port,addr=40",
  "-device pcie-root-port,addr=foo",
  "-device pcie-root-port,addr=1.9",
  "-device pcie-root-port,addr=",
  "-device pcie-root-port,addr=5.1,id=z -device pcie-root-port,addr=5.1,chassis=3",
  "-device pcie-root-port,addr=1f.0",
  "-device pcie-root-port,addr=0",
  "-device pcie-root-port,chassis=1,addr=2 -device pcie-root-port,chassis=2,addr=2.1",
  "-device pcie-root-port,chassis=1,addr=2.1 -device pcie-root-port,chassis=2,addr=2",
  "-device pcie-root-port,chassis=1,slot=1 -device pcie-root-port,chassis=1,slot=1",
  "-device pcie-root-port,bus=nope",
  "-device pcie-root-port,bus=isa.0",
  "-device pcie-root-port,hotplug=maybe",
  "-device pcie-root-port,chassis=300",
  "-device pcie-root-port,aer_log_max=200",
  "-device pcie-root-port,pref32-reserve=1M,pref64-reserve=1M",
  "-device pcie-root-port,mem-reserve=4G",
  "-device pcie-root-port,pref32-reserve=4G",
  "-device pcie-root-port,x-speed=3",
  "-device pvpanic-pci,acpi-index=20000",
  "-device pvpanic-pci,acpi-index=2 -device pvpanic-pci,acpi-index=2",
  "-device pvpanic-pci,romsize=3",
  "-device pvpanic-pci,romfile=nope",
  "-device pvpanic-pci,rombar=zz",
  "-device pvpanic-pci,failover_pair_id=zz",
  "-device pci-bridge",
  "-device pci-bridge,chassis_nr=1,msi=foo",
  "-device pvpanic -device pvpanic",
  "-device pvpanic,ioport=0x10000",
  "-device isa-debugcon",
  "-device isa-debugcon,chardev=x",
  "-device hpet",
  "-device ICH9-LPC",
  "-device intel-iommu -device intel-iommu",
  "-device intel-iommu,aw-bits=40",
  "-device intel-iommu,x-scalable-mode=on,aw-bits=57",
  "-device intel-iommu,eim=on,intremap=off",
  "-device intel-iommu,x-flts=on",
  "-device intel-iommu,x-scalable-mode=on,x-flts=on,aw-bits=39",
  "-device intel-iommu,x-scalable-mode=on,dma-drain=off",
  "-device intel-iommu,x-pasid-mode=on",
  "-device intel-iommu,device-iotlb=on,x-scalable-mode=on,x-pasid-mode=on",
  "-device intel-iommu,intremap=foo",
];

/** Machines whose clock memory is compared. */
export const cmosCases: readonly string[] = [
  "-m 256M",
  "-m 20M",
  "-m 8G -smp 4",
  "-m 128M -smp 2,maxcpus=8",
  "-m 128M -boot order=dc",
  "-m 128M -boot order=nac,once=d",
];
