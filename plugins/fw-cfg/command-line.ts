// -fw_cfg, -boot and -uuid as the peer reads them: the checks that it makes while it parses are made here.
import { parseInteger, type CommandLineOccurrence, type CommandLineOption, type OptionValue } from "backplane";
import { fwCfgErrors } from "./errors.ts";

const FILE_PARAMETERS: readonly string[] = ["name", "file", "string", "gen_id"];
const BOOT_LETTERS = /^[a-p]$/;

/** A command line has nothing but text. */
function plainText(value: OptionValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parseFile(occurrence: CommandLineOccurrence): Record<string, string> {
  const given: Record<string, string> = { commandLine: occurrence.text };
  for (const { key, value } of occurrence.pairs) {
    if (key === "id") continue;
    if (!FILE_PARAMETERS.includes(key)) {
      throw fwCfgErrors.FW_CFG_OPTION(key).from({ kind: "command-line", text: occurrence.text });
    }
    given[key] = plainText(value);
  }
  return given;
}

function bootSwitch(name: string, text: string): boolean {
  if (["on", "yes", "true", "y"].includes(text)) return true;
  if (["off", "no", "false", "n"].includes(text)) return false;
  throw fwCfgErrors.BOOT_VALUE(name, "'on' or 'off'");
}

function bootNumber(name: string, text: string): number {
  const number = parseInteger(text);
  if (number === undefined) throw fwCfgErrors.BOOT_VALUE(name, "integer");
  return number;
}

function checkOrder(letters: string): void {
  for (const [at, letter] of letters.split("").entries()) {
    if (!BOOT_LETTERS.test(letter)) throw fwCfgErrors.BOOT_DEVICE(letter);
    if (letters.indexOf(letter) < at) throw fwCfgErrors.BOOT_DEVICE_TWICE(letter);
  }
}

function bootOption(name: string, text: string): boolean | number | string {
  switch (name) {
    case "menu":
    case "strict":
      return bootSwitch(name, text);
    case "splash-time":
    case "reboot-timeout":
      return bootNumber(name, text);
    case "order":
    case "once":
      checkOrder(text);
      return text;
    case "splash":
      return text;
    default:
      throw fwCfgErrors.BOOT_OPTION(name);
  }
}

/** Several `-boot` merge; the last value of a parameter counts. */
function parseBoot(occurrences: readonly CommandLineOccurrence[]): Record<string, boolean | number | string> {
  const boot: Record<string, boolean | number | string> = {};
  for (const { key, value } of occurrences.flatMap(({ pairs }) => pairs)) boot[key] = bootOption(key, plainText(value));
  return boot;
}

export const fwCfgCommandLine: readonly CommandLineOption[] = [
  {
    name: "fw_cfg",
    argument: "keyval",
    implied: "name",
    help: "-fw_cfg [name=]<name>,file=<file>\n-fw_cfg [name=]<name>,string=<str>\n                add a named fw_cfg entry with contents from the file or string",
    toOptions: (occurrences) => ({ files: occurrences.map(parseFile) }),
  },
  {
    name: "boot",
    argument: "keyval",
    implied: "order",
    help: "-boot [order=drives][,once=drives][,menu=on|off][,splash-time=sp_time][,reboot-timeout=rb_time][,strict=on|off]\n                what the firmware is told about booting",
    toOptions: (occurrences) => ({ boot: parseBoot(occurrences) }),
  },
  {
    name: "nographic",
    argument: "none",
    help: "-nographic      disable graphical output",
    toOptions: () => ({ nographic: true }),
  },
  {
    name: "uuid",
    argument: "text",
    help: "-uuid %08x-%04x-%04x-%04x-%012x\n                specify machine UUID",
    toOptions: (occurrences) => ({ uuid: occurrences.at(-1)?.argument }),
  },
];
