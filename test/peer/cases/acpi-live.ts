import { type AcpiCase, q35, words } from "./acpi-case.ts";

const ports = [1, 2].flatMap((chassis) => words(`-device pcie-root-port,id=rp${chassis},chassis=${chassis}`));

/** What the comparison of random machines brought to light; `whole-` where only whole machines can follow. */
export const liveCases: AcpiCase[] = [
  {
    name: "whole-cpu-address-bits-unknown",
    extra: true,
    args: q35({ memory: "5G", args: [...words("-cpu Nehalem"), ...ports] }),
  },
  { name: "whole-cpu-32-bit", extra: true, args: q35({ memory: "5G", args: [...words("-cpu qemu32"), ...ports] }) },
  {
    name: "whole-cpu-address-bits-reserve",
    extra: true,
    args: q35({
      memory: "5G,slots=2,maxmem=9G",
      args: words("-cpu Nehalem -device pcie-root-port,id=rp1,chassis=1,pref64-reserve=4G"),
    }),
  },
  {
    name: "whole-max-ram-below-4g",
    extra: true,
    args: q35({ memory: "3G", machine: "max-ram-below-4g=1G", args: ports }),
  },
  { name: "graphics-off", args: q35({ machine: "graphics=off,usb=off" }) },
  { name: "whole-smp-sockets-21", extra: true, args: q35({ args: words("-smp 1,sockets=21,maxcpus=21") }) },
  { name: "smp-max-300", args: q35({ args: words("-smp 1,sockets=2,maxcpus=300") }) },
  { name: "cpu-without-apic", args: q35({ args: words("-cpu 486") }) },
  { name: "boot-order", args: q35({ args: words("-boot order=dc,once=n") }) },
];
