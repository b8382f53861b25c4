import { deviceListText, deviceText, Machine, objectListText, objectText, type MachineType } from "backplane";
import { cpuHelpText } from "backplane/plugins/x86-cpu/contract";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { versionText, type HelpWanted } from "./help.ts";
import { findType } from "./machine-option.ts";
import { isHelp } from "./option-text.ts";
import { OPTIONS } from "./options.ts";
import { machineListText, machineTypeText } from "./type-help.ts";

/** Prints what was asked for. Returns the exit status. */
export async function printHelp(wanted: HelpWanted, draft: Draft, types: readonly MachineType[]): Promise<number> {
  switch (wanted.subject) {
    case "options":
      draft.print(optionsText(draft));
      return 0;
    case "machine": {
      const type = wanted.type === undefined ? undefined : findType(types, wanted.type);
      draft.print(type === undefined ? machineListText(types) : machineTypeText(type));
      return 0;
    }
    case "cpu":
      draft.print(await cpuHelpText());
      return 0;
    case "object":
      return printObjectHelp(wanted.type ?? "help", draft, types);
  }
}

function printObjectHelp(name: string, draft: Draft, types: readonly MachineType[]): number {
  const known = Machine.typesOf(machineType(draft, types));
  if (isHelp(name)) {
    draft.print(objectListText(known.objects()));
    return 0;
  }
  const type = known.objects().find((candidate) => candidate.name === name);
  if (type === undefined) {
    const text = `-object ${draft.lists.object.groups.at(-1)?.occurrence.argument ?? name}`;
    draft.messages.failure(commandLineErrors.VALUE_CHOICE("qom-type", name).from({ kind: "command-line", text }));
    return 1;
  }
  draft.print(objectText(type.name, type.properties));
  return 0;
}

/** `-device help`, `-device TYPE,help`. */
export function printDeviceHelp(draft: Draft, types: readonly MachineType[]): number {
  const name = draft.deviceHelp ?? "help";
  const known = Machine.typesOf(machineType(draft, types));
  if (isHelp(name)) {
    draft.print(deviceListText(known.devices()));
    return 0;
  }
  const type = known.devices().find((candidate) => candidate.name === name);
  if (type === undefined) {
    const text = `-device ${name},help`;
    draft.messages.failure(commandLineErrors.DEVICE_HELP(name).from({ kind: "command-line", text }));
    return 0;
  }
  draft.print(deviceText(type));
  return 0;
}

/** The machine type that was named, or the one with the most devices. */
function machineType(draft: Draft, types: readonly MachineType[]): MachineType {
  const name = draft.machine["type"];
  const named = typeof name === "string" ? findType(types, name) : undefined;
  const richest = types.toSorted((a, b) => b.plugins.length - a.plugins.length)[0];
  const type = named ?? richest;
  if (type === undefined) throw commandLineErrors.MACHINE_MISSING();
  return type;
}

function optionsText(draft: Draft): string {
  const program = draft.messages.program;
  const own = Object.values(OPTIONS).map(({ help }) => help);
  const plugins = [...draft.pluginOptions].flatMap(([name, plugin]) =>
    Object.hasOwn(OPTIONS, name)
      ? []
      : (plugin.commandLine ?? []).filter((option) => option.name === name).map(({ help }) => help),
  );
  const lines = [...own, ...plugins].filter((help) => help !== "").join("\n");
  return `${versionText()}usage: ${program} [options]\n\n${lines}\n`;
}
