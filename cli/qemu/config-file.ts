// -readconfig: options in a file, a section each (QEMU manual, "-readconfig"). Loaded when somebody has such a file.
import { readFileSync } from "node:fs";
import { BackplaneError, hostErrorText } from "backplane";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { originOf, type Occurrence } from "./occurrence.ts";
import { OPTIONS } from "./options.ts";

interface Section {
  readonly group: string;
  readonly pairs: [key: string, value: string][];
  /** Where its last value stands, which is where messages point. */
  line: number;
}

/** Options by their groups, where the names differ. */
const OPTION_OF: { readonly [group: string]: string } = {
  memory: "m",
  acpi: "acpitable",
  "smp-opts": "smp",
  "boot-opts": "boot",
};

/** Groups that the peer has, of options that have no effect here. */
const ABSENT =
  "add-fd fsdev virtfs tpmdev spice netdev net nic drive trace option-rom icount semihosting-config sandbox qemu-run-with plugin filter replay";

const HEADS = [/^\[\s*([^\s"\]]{1,63}) "([^"]{1,63})"\]/, /^\[([^\]]{1,63})\]/] as const;
const PAIR = /^\s*(\S{1,63})(?:\s*=\s*"([^"]{0,1023})")?/;

/** Reads the file as if its sections stood on the command line in its place. */
export function readConfigFile(draft: Draft, occurrence: Occurrence): void {
  const path = occurrence.argument;
  for (const section of sectionsOf(read(path, occurrence), occurrence)) {
    try {
      apply(draft, section, path);
    } catch (failure) {
      // What is wrong with a section as a whole is told of the file.
      const isOwn = failure instanceof BackplaneError && failure.code === "KEY_MISSING";
      if (failure instanceof BackplaneError && !isOwn) failure.origin = originOf(occurrence);
      throw failure;
    }
  }
}

function read(path: string, occurrence: Occurrence): string {
  try {
    return readFileSync(path, "utf8");
  } catch (failure) {
    throw commandLineErrors.OPTION_FILE_OPEN(path, hostErrorText(failure)).from(originOf(occurrence));
  }
}

function sectionsOf(text: string, occurrence: Occurrence): Section[] {
  const sections: Section[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const [, group, id] = HEADS[0].exec(line) ?? HEADS[1].exec(line) ?? [];
    if (group !== undefined) {
      sections.push({ group, pairs: id === undefined ? [] : [["id", id]], line: index + 1 });
      continue;
    }
    const pair = PAIR.exec(line);
    if (pair === null) throw commandLineErrors.CONFIG_FILE().from(originOf(occurrence));
    const section = sections.at(-1);
    if (section === undefined) throw commandLineErrors.CONFIG_FILE_GROUP().from(originOf(occurrence));
    // Text that is no value is a key without one.
    section.pairs.push([pair[1] ?? "", pair[2] ?? ""]);
    section.line = index + 1;
  }
  return sections;
}

function apply(draft: Draft, { group, pairs, line }: Section, path: string): void {
  const name = Object.hasOwn(OPTION_OF, group) ? (OPTION_OF[group] ?? group) : group;
  const isPluginOption = isGroup(group) && draft.pluginOptions.has(name);
  const entry = isGroup(group) && Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  if (entry === undefined && !isPluginOption) {
    throw ABSENT.split(" ").includes(group)
      ? commandLineErrors.OPTION_VALUE_UNAVAILABLE(`[${group}]`)
      : commandLineErrors.SET_GROUP(group);
  }
  const wrong = pairs.find(([key]) => /[=,]/.test(key));
  if (wrong !== undefined) throw commandLineErrors.KEY_INVALID(wrong[0]);
  const argument = pairs.map(([key, value]) => `${key}=${value.replaceAll(",", ",,")}`).join(",");
  const occurrence: Occurrence = { name, text: `-${name} ${argument}`, argument, place: { file: path, line } };
  entry?.read(draft, occurrence);
  if (!isPluginOption) return;
  const known = draft.forPlugins.get(name) ?? [];
  known.push(occurrence);
  draft.forPlugins.set(name, known);
}

/** Groups whose options stand on the command line under the same name; `boot` and `smp` are no groups. */
const GROUPS =
  "accel acpi action audiodev boot-opts chardev device fw_cfg global machine memory mon msg name numa object overcommit rtc smbios smp-opts";

function isGroup(group: string): boolean {
  return GROUPS.split(" ").includes(group);
}
