import { type AcpiCase, q35, words } from "./acpi-case.ts";

/** `-object` and `-numa` for nodes with these sizes, in order. */
function nodes(...sizes: string[]): string[] {
  return sizes.flatMap((size, node) => [
    ...words(`-object memory-backend-ram,id=ram${node},size=${size}`),
    ...words(`-numa node,nodeid=${node},memdev=ram${node}`),
  ]);
}

const dist = (from: number, to: number, value: number): string[] => [
  "-numa",
  `dist,src=${from},dst=${to},val=${value}`,
];

export const numaCases: AcpiCase[] = [
  { name: "numa-1", args: q35({ args: nodes("256M") }) },
  { name: "numa-2", args: q35({ args: nodes("128M", "128M") }) },
  { name: "numa-2-dist", args: q35({ args: [...nodes("128M", "128M"), ...dist(0, 1, 20), ...dist(1, 0, 30)] }) },
  {
    name: "numa-2-cpus",
    args: q35({
      args: [
        ...words("-smp 4,sockets=2,cores=2"),
        ...words("-object memory-backend-ram,id=ram0,size=192M -object memory-backend-ram,id=ram1,size=64M"),
        ...words("-numa node,nodeid=0,cpus=0-1,memdev=ram0 -numa node,nodeid=1,cpus=2-3,memdev=ram1"),
      ],
    }),
  },
  {
    name: "numa-2-cpu-objects",
    args: q35({
      args: [
        "-smp",
        "2,sockets=2",
        ...nodes("128M", "128M"),
        ...words("-numa cpu,node-id=0,socket-id=1 -numa cpu,node-id=1,socket-id=0"),
      ],
    }),
  },
  {
    name: "numa-4-dist",
    args: q35({
      memory: "512M",
      args: [
        "-smp",
        "4",
        ...nodes("128M", "128M", "128M", "128M"),
        ...dist(0, 1, 21),
        ...dist(0, 2, 31),
        ...dist(0, 3, 41),
        ...dist(1, 2, 21),
        ...dist(1, 3, 31),
        ...dist(2, 3, 21),
      ],
    }),
  },
  { name: "numa-split-4g", args: q35({ memory: "6G", args: nodes("1G", "5G") }) },
  { name: "numa-hole", args: q35({ memory: "4G", args: nodes("3G", "1G") }) },
  {
    name: "numa-no-memory",
    args: q35({
      args: ["-smp", "2,sockets=2", ...nodes("256M"), "-numa", "node,nodeid=1", "-numa", "cpu,node-id=1,socket-id=1"],
    }),
  },
  {
    name: "numa-dimm",
    args: q35({
      memory: "512M,slots=2,maxmem=4G",
      args: [
        ...nodes("256M", "256M"),
        ...words("-object memory-backend-ram,id=extra,size=1G -device pc-dimm,memdev=extra,node=1"),
      ],
    }),
  },
  { name: "numa-slots", args: q35({ memory: "512M,slots=2,maxmem=4G", args: nodes("256M", "256M") }) },
  {
    name: "numa-hmat",
    extra: true,
    args: q35({
      machine: "hmat=on",
      args: [
        ...words("-smp 2,sockets=2"),
        ...words("-object memory-backend-ram,id=ram0,size=128M -object memory-backend-ram,id=ram1,size=128M"),
        ...words("-numa node,nodeid=0,memdev=ram0 -numa node,nodeid=1,memdev=ram1,initiator=0"),
        ...words("-numa cpu,node-id=0,socket-id=0 -numa cpu,node-id=0,socket-id=1"),
        ...words("-numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency,latency=5"),
        ...words("-numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth,bandwidth=200M"),
        ...words("-numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,latency=10"),
        ...words("-numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-bandwidth,bandwidth=100M"),
      ],
    }),
  },
];
