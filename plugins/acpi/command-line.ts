import { BackplaneError, type CommandLineOccurrence, type CommandLineOption } from "backplane";
import { acpiTableOptions, parseAcpiTable } from "./acpitable-option.ts";
import { splitOption } from "./option-text.ts";
import type { AcpiTableOption } from "./options.ts";

/** Refuses what the peer refuses while it reads the option; the files are read when the machine is made. */
function parse({ text, argument }: CommandLineOccurrence): AcpiTableOption {
  try {
    acpiTableOptions(splitOption(argument, "data").pairs);
  } catch (error) {
    throw error instanceof BackplaneError ? error.from({ kind: "command-line", text }) : error;
  }
  return { commandLine: text, argument };
}

export const acpiCommandLine: readonly CommandLineOption[] = [
  {
    name: "acpitable",
    argument: "text",
    help: "-acpitable [sig=str][,rev=n][,oem_id=str][,oem_table_id=str][,oem_rev=n][,asl_compiler_id=str][,asl_compiler_rev=n][,{data|file}=file1[:file2]...]\n                ACPI table description",
    toOptions: (occurrences) => ({ tables: occurrences.map(parse) }),
    checkUnused(occurrences) {
      for (const { text, argument } of occurrences) {
        try {
          parseAcpiTable(argument);
        } catch (error) {
          throw error instanceof BackplaneError ? error.from({ kind: "command-line", text }) : error;
        }
      }
    },
  },
];
