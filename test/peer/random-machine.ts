// Random q35 machines: a seed becomes a command line, nearly always a valid one, and the files that it names.
import { addPciDevices } from "./random-pci.ts";
import { addMemory } from "./random-memory.ts";
import { Random } from "./random.ts";
import type { CaseFile } from "./workspace.ts";

export type Option = readonly [name: string, argument?: string];

/** A command line in the making. */
export class MachineDraft {
  readonly random: Random;
  readonly properties: string[] = [];
  readonly options: Option[] = [];
  readonly files: CaseFile[] = [];
  /** Most processors that there can be, one after the other in `-numa node,cpus=`. */
  processors = 1;

  constructor(random: Random) {
    this.random = random;
  }

  add(name: string, ...argument: (string | undefined)[]): void {
    const parts = argument.filter((part) => part !== undefined && part !== "");
    this.options.push(parts.length === 0 ? [name] : [name, parts.join(",")]);
  }
}

export interface RandomMachine {
  readonly seed: number;
  readonly options: readonly Option[];
  readonly files: readonly CaseFile[];
}

const MODELS =
  "max qemu64 qemu32 Nehalem Haswell EPYC-Milan SapphireRapids pentium3 486 core2duo Skylake-Server-v4".split(" ");
const SWITCHES = "hpet smm i8042 pic pit sata smbus vmport acpi".split(" ");

function addProperties({ random, properties }: MachineDraft): void {
  for (const name of SWITCHES) {
    if (random.chance(name === "acpi" ? 0.03 : 0.12)) properties.push(`${name}=off`);
  }
  if (random.chance(0.15)) properties.push(`x-oem-id=${random.pick(["ACME", "A", "SIXSIX", ""])}`);
  if (random.chance(0.15)) properties.push(`x-oem-table-id=${random.pick(["TABLE", "EIGHTCHR", "t"])}`);
  if (random.chance(0.1)) properties.push(`smbios-entry-point-type=${random.pick(["32", "64", "auto"])}`);
  if (random.chance(0.1)) properties.push("usb=off");
  if (random.chance(0.1)) properties.push("graphics=off");
}

function addProcessors(draft: MachineDraft): void {
  const { random } = draft;
  if (random.chance(0.35)) draft.add("cpu", random.pick(MODELS));
  if (random.chance(0.35)) return;
  const shape = {
    sockets: random.between(1, 3),
    dies: random.chance(0.2) ? 2 : 1,
    modules: random.chance(0.15) ? 2 : 1,
    cores: random.between(1, 4),
    threads: random.chance(0.3) ? 2 : 1,
  };
  const most = Object.values(shape).reduce((product, value) => product * value, 1);
  const cpus = random.chance(0.5) ? most : random.between(1, most);
  draft.processors = most;
  if (random.chance(0.04)) {
    draft.processors = random.between(200, 400);
    return draft.add("smp", "2", `maxcpus=${draft.processors}`, random.pick(["sockets=1", "cores=1", "sockets=2"]));
  }
  const simple = random.chance(0.2);
  if (simple) {
    draft.processors = random.between(cpus, cpus + 6);
    draft.add("smp", String(cpus), draft.processors === cpus ? undefined : `maxcpus=${draft.processors}`);
    return;
  }
  const parts = Object.entries(shape).filter(
    ([key, value]) => value > 1 || random.chance(key === "sockets" ? 0.9 : 0.4),
  );
  draft.add("smp", String(cpus), ...parts.map(([key, value]) => `${key}=${value}`), `maxcpus=${most}`);
}

const SMBIOS = [
  "type=0,vendor=Some,version=1.2,date=01/02/2003,release=4.5",
  "type=0,uefi=on",
  "type=1,manufacturer=Maker,product=Thing,serial=123,family=Fam",
  "type=2,manufacturer=Maker,location=here",
  "type=3,manufacturer=Case,asset=7,sku=S",
  "type=4,sock_pfx=Sock,max-speed=3000,current-speed=2500,part=P",
  "type=8,internal_reference=in,external_reference=out,connector_type=1,port_type=2",
  "type=11,value=one,value=two",
  "type=17,loc_pfx=LOC,bank=BANK,speed=3200,manufacturer=M",
];

const BOOT = [
  "menu=on",
  "menu=on,splash-time=250",
  "order=c",
  "order=dn",
  "order=a",
  "dc",
  "strict=on",
  "once=d",
  "menu=off",
];
const ICH9 = [
  "disable_s3=1",
  "disable_s4=1",
  "s4_val=3",
  "acpi-pci-hotplug-with-bridge-support=off",
  "enable_tco=off",
  "noreboot=on",
  "x-smi-broadcast=off",
  "x-smi-cpu-hotplug=off",
];

function addUserTables({ random, files, ...draft }: MachineDraft, add: MachineDraft["add"]): void {
  void draft;
  for (let i = random.between(1, 3); i > 0; i--) {
    const name = `table${i}`;
    files.push({ name, hex: random.hex(2 * random.between(1, 300)) });
    const fields = random.some(
      ["rev=3", "oem_id=OEM", "oem_table_id=TABLEID", "oem_rev=0x11223344", "asl_compiler_id=CC", "asl_compiler_rev=9"],
      0.3,
    );
    const data = Array.from({ length: random.between(1, 3) }, () => `{dir}/${name}`).join(":");
    add("acpitable", `sig=${random.pick(["OEM1", "TEST", "AB"])}`, ...fields, `data=${data}`);
  }
}

const GLOBALS = [
  "pcie-root-port.hotplug=off",
  "pcie-root-port.io-reserve=4K",
  "nvdimm.unarmed=on",
  "pc-dimm.node=0",
  "intel-iommu.aw-bits=39",
  "pci-bridge.shpc=on",
  "ICH9-SMB.multifunction=off",
  "vmgenid.guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87",
  "nosuch.x=1",
];

/** `-device x,a=1` as JSON. */
function toJson([name, argument = ""]: Option): Option {
  const [driver = "", ...pairs] = argument.split(",");
  const members = pairs.map((pair) => {
    const [key = "", value = "on"] = pair.split("=");
    const number = /^[0-9]+$/.test(value) && key !== "addr" ? Number(value) : value;
    return [key, value === "on" ? true : value === "off" ? false : number];
  });
  return [
    name,
    JSON.stringify({ [name === "device" ? "driver" : "qom-type"]: driver, ...Object.fromEntries(members) }),
  ];
}

function addOthers(draft: MachineDraft): void {
  const { random } = draft;
  const add: MachineDraft["add"] = (...words) => draft.add(...words);
  if (random.chance(0.3))
    add("device", "vmgenid", `guid=${random.uuid()}`, random.chance(0.4) ? "id=genid" : undefined);
  if (random.chance(0.2)) addUserTables(draft, add);
  for (const setting of random.some(ICH9, 0.06)) add("global", `ICH9-LPC.${setting}`);
  if (random.chance(0.1))
    add("global", `mch.${random.pick(["extended-tseg-mbytes=8", "extended-tseg-mbytes=0", "smbase-smram=off"])}`);
  if (random.chance(0.1)) add("global", random.pick(GLOBALS));
  if (random.chance(0.1)) add("fw_cfg", `name=opt/${random.hex(3)},string=${random.hex(8)}`);
  if (random.chance(0.05)) add("action", random.pick(["reboot=shutdown", "shutdown=pause", "reboot=reset"]));
  if (random.chance(0.1)) add("no-reboot");
  if (random.chance(0.1)) add("no-shutdown");
  if (random.chance(0.2)) add("uuid", random.uuid());
  if (random.chance(0.2)) add("name", random.pick(["guest", "a,process=x", "guest=g"]));
  if (random.chance(0.2)) add("boot", random.pick(BOOT));
  if (random.chance(0.1)) add("rtc", random.pick(["base=utc", "base=utc,clock=host"]));
  for (const type of random.some(SMBIOS, random.chance(0.3) ? 0.25 : 0)) add("smbios", type);
  if (random.chance(0.1))
    add("device", random.pick(["pvpanic", "pvpanic,ioport=1285", "isa-debugcon,iobase=0x402,chardev=log"]));
  if (draft.options.some(([, text]) => text?.includes("chardev=log"))) add("chardev", "null,id=log");
}

function shaped(random: Random, option: Option): Option {
  return ["device", "object"].includes(option[0]) && random.chance(0.04) ? toJson(option) : option;
}

/** The machine of a seed. */
export function randomMachine(seed: number): RandomMachine {
  const draft = new MachineDraft(new Random(seed));
  const { random } = draft;
  addProperties(draft);
  addProcessors(draft);
  addMemory(draft);
  addPciDevices(draft);
  addOthers(draft);
  const display: Option[] = random.chance(0.15)
    ? [["nographic"]]
    : [
        ["display", "none"],
        ["serial", "none"],
      ];
  const machine: Option = ["machine", ["q35", "accel=tcg", ...draft.properties].join(",")];
  return {
    seed,
    options: [machine, ["nodefaults"], ...display, ...draft.options.map((option) => shaped(random, option))],
    files: draft.files,
  };
}

export function toArguments(options: readonly Option[]): string[] {
  return options.flatMap(([name, argument]) => (argument === undefined ? [`-${name}`] : [`-${name}`, argument]));
}
