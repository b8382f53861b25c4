import { type QmpCase, afterNegotiation, hmp, NEGOTIATE, run } from "./qmp-case.ts";

const Q35 = ["-machine", "q35,accel=tcg", "-m", "256M", "-nodefaults", "-display", "none", "-serial", "none"];

/** One of nearly every kind, behind every kind of bridge. */
const manyDevices = `
  -chardev null,id=c0
  -chardev null,id=c1
  -device pcie-root-port,id=rp0,chassis=1
  -device pcie-root-port,id=rp1,chassis=2,slot=3,x-speed=8
  -device pci-bridge,id=br0,chassis_nr=3
  -device pcie-pci-bridge,id=pb0,bus=rp0
  -device pvpanic
  -device pvpanic-pci,bus=br0,addr=3
  -device isa-debugcon,chardev=c0
  -device isa-serial,chardev=c1
  -device virtio-mouse-pci,bus=rp1
  -device virtio-keyboard-pci
  -blockdev driver=null-co,node-name=n0,size=10485760
  -device ide-hd,drive=n0,bus=ide.1
  -device ide-cd
  -device ich9-ahci,id=a2
  -device vmcoreinfo
  -object memory-backend-ram,id=e,size=64K
  -device acpi-erst,memdev=e
`
  .trim()
  .split(/\s+/);

const list = (path: string) => run("qom-list", { path });
const get = (path: string, property: string) => run("qom-get", { path, property });
const set = (path: string, property: string, value: string | number | boolean) =>
  run("qom-set", { path, property, value });

/** The object tree: what stands where, what it shows, and what monitors are told that ask for something else. */
export const qomConversations: readonly QmpCase[] = [
  afterNegotiation(
    "none-qom",
    list("/machine"),
    list("/machine/unattached"),
    list("/machine/unattached/io[0]"),
    get("/machine/unattached/io[0]", "size"),
    get("/machine/unattached/system[0]", "size"),
    get("/machine", "smp"),
    get("/machine", "memory"),
    get("/machine", "memory-backend"),
    list("/objects/ram"),
    get("/objects/ram/ram[0]", "size"),
    set("/machine", "initrd", "a file"),
    get("/machine", "initrd"),
    set("/machine", "type", "x"),
    set("/machine", "peripheral", "x"),
    run("object-add", { "qom-type": "rng-builtin", id: "r0" }),
    run("object-add", { "qom-type": "rng-random", id: "r1" }),
    run("object-add", { "qom-type": "rng-random", id: "r2", filename: "/nosuch/file" }),
    run("object-add", { "qom-type": "rng-random", id: "r2", opened: true }),
    list("/objects"),
    list("/objects/r0"),
    list("r1"),
    get("r1", "filename"),
    get("r1", "opened"),
    set("r1", "filename", "/dev/zero"),
    run("object-del", { id: "r1" }),
    list("r1"),
    run("device-list-properties", { typename: "nosuch" }),
    run("device-list-properties", { typename: "device" }),
    run("device-list-properties", { typename: "memory-region" }),
    run("qom-list-properties", { typename: "nosuch" }),
    run("qom-list-properties", { typename: "device" }),
    run("qom-list-properties", { typename: "memory-region" }),
    run("qom-list-properties", { typename: "rng-random" }),
    run("qom-list-properties", { typename: "hotplug-handler" }),
    run("qom-list-types", { implements: "nosuch" }),
    run("qom-list-types", { implements: "rng-random" }),
    run("qom-list"),
    run("qom-get", { path: "/machine" }),
    run("qom-set", { path: "/machine", property: "initrd" }),
  ),
  {
    name: "q35-qom",
    args: [...Q35, "-device", "pvpanic-pci,id=p0", "-device", "pvpanic"],
    steps: [
      NEGOTIATE,
      list("/"),
      list("/machine/q35/ioapic"),
      list("ioapic"),
      list("isa.0"),
      list("pcie.0"),
      list("isa-i8259"),
      list("elcr[0]"),
      list("p0"),
      list("/machine/peripheral-anon/device[0]"),
      get("ioapic", "version"),
      get("ioapic", "unnamed-gpio-in[0]"),
      get("ioapic", "parent_bus"),
      get("ioapic/ioapic[0]", "container"),
      get("ioapic", "nosuch"),
      get("elcr[0]", "addr"),
      get("p0", "addr"),
      get("p0", "legacy-addr"),
      get("p0", "hotpluggable"),
      get("/machine/peripheral/p0/parent_bus", "type"),
      set("ioapic", "version", 17),
      set("p0", "addr", "5.0"),
      set("ioapic", "parent_bus", ""),
      get("mch", "hotpluggable"),
      get("/machine/q35", "MCFG"),
      get("/machine/q35", "below-4g-mem-size"),
      run("device-list-properties", { typename: "hpet" }),
      run("device-list-properties", { typename: "pvpanic-pci" }),
      run("device-list-properties", { typename: "pci-device" }),
      run("qom-list-properties", { typename: "pvpanic" }),
    ],
  },
  {
    name: "q35-qtree",
    args: [...Q35, ...manyDevices],
    steps: [
      NEGOTIATE,
      hmp("info qtree"),
      hmp("device_add pvpanic-pci,help"),
      hmp("device_add pcie-root-port,help"),
      hmp("device_add mch,help"),
      hmp("device_add nosuch,help"),
      hmp("device_add device,help"),
      hmp("object_add rng-random,help"),
      hmp("object_add rng-builtin,id=r0"),
      hmp("object_add rng-builtin,id=r0"),
      hmp("qom-list /objects"),
      hmp("object_del r0"),
      hmp("object_del r0"),
    ],
  },
];
