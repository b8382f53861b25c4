// The part of a PC that describes its processors and memory to the firmware, made from a peer's command line.
import { defineMachineType, prop, type MachineDefinition, type MachineType } from "backplane";
import { testDefinition, type TestMachineOptions } from "backplane/kit";
import { splitOption } from "../../../plugins/acpi/option-text.ts";
import fwCfg from "../../../plugins/fw-cfg/index.ts";
import memoryBackend from "../../../plugins/memory-backend/index.ts";
import numa from "../../../plugins/numa/index.ts";
import pcMemory from "../../../plugins/pc-memory/index.ts";
import romLoader from "../../../plugins/rom-loader/index.ts";
import smbios from "../../../plugins/smbios/index.ts";
import x86Cpu from "../../../plugins/x86-cpu/index.ts";
import { parseArgs, size } from "../acpi/case-args.ts";

const MIB = 1024 * 1024;
const TYPES: { readonly [name: string]: { readonly name: string; readonly description: string } } = {
  q35: { name: "pc-q35-10.0", description: "Standard PC (Q35 + ICH9, 2009)" },
  "pc-q35-9.2": { name: "pc-q35-9.2", description: "Standard PC (Q35 + ICH9, 2009)" },
  pc: { name: "pc-i440fx-10.0", description: "Standard PC (i440FX + PIIX, 1996)" },
};

function machineType(name: string): MachineType {
  return defineMachineType({
    name: TYPES[name]?.name ?? name,
    description: TYPES[name]?.description ?? name,
    properties: {
      hmat: prop.bool(false),
      "memory-backend": prop.link("memory-backend"),
      "smbios-entry-point-type": prop.choice("SmbiosEntryPointType", ["32", "64", "auto"], "auto"),
    },
    plugins: [memoryBackend, numa, pcMemory, x86Cpu, fwCfg, romLoader, smbios],
    devices: [],
    defaultMemory: 128 * MIB,
    maxCpus: 4096,
  });
}

/** Occurrences of an option that a plugin owns, turned into that plugin's options as the command line does it. */
function pluginOptions(plugin: typeof numa | typeof smbios, args: readonly string[]): MachineDefinition["options"] {
  const [option] = plugin.commandLine ?? [];
  if (option === undefined) return {};
  const texts = args.flatMap((arg, at) => (arg === `-${option.name}` ? [args[at + 1] ?? ""] : []));
  const occurrences = texts.map((argument) => ({
    text: `-${option.name} ${argument}`,
    argument,
    pairs: splitOption(argument, option.implied ?? "").pairs.map(({ name, value }) => ({ key: name, value })),
  }));
  return { [plugin.id]: { value: option.toOptions(occurrences) } };
}

/** The parts of a definition that matter here. */
export function pcMachine(args: readonly string[], options: MachineDefinition["options"] = {}): TestMachineOptions {
  const { machine, memory, smp, objects } = parseArgs(args);
  const type = machineType(machine.get("type") ?? "q35");
  const properties = ["hmat", "memory-backend", "smbios-entry-point-type"].flatMap((name) => {
    const value = machine.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const bytes = size(memory.get("size") ?? "128M", MIB);
  const model = args.indexOf("-cpu");
  const uuid = args.indexOf("-uuid");
  const definition = testDefinition({
    machine: { type: type.name, properties: Object.fromEntries(properties), form: "keyval" },
    memory: {
      size: bytes,
      slots: Number(memory.get("slots") ?? 0),
      maxSize: memory.has("maxmem") ? size(memory.get("maxmem"), MIB) : bytes,
    },
    cpu: {
      ...(model < 0 ? {} : { model: args[model + 1] ?? "" }),
      topology: Object.fromEntries([...smp].map(([name, value]) => [name, Number(value)])),
    },
    objects: objects
      .filter((object) => object.get("qom-type") === "memory-backend-ram")
      .map((object) => ({
        type: "memory-backend-ram",
        id: object.get("id") ?? "",
        properties: { size: object.get("size") ?? "" },
        form: "opts",
      })),
    options: {
      ...(uuid < 0 ? {} : { "fw-cfg": { value: { uuid: args[uuid + 1] } } }),
      ...pluginOptions(numa, args),
      ...pluginOptions(smbios, args),
      ...options,
    },
  });
  return { ...definition, type };
}
