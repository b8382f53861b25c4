import { BackplaneError, originBelow, type Logger, type Origin } from "backplane";
import { type UserTable, buildUserTable, parseAcpiTable } from "./acpitable-option.ts";
import type { AcpiTableOption } from "./options.ts";
import type { TableImage } from "./table.ts";

function make(option: AcpiTableOption): UserTable {
  return "commandLine" in option ? parseAcpiTable(option.argument) : buildUserTable(option);
}

/** Reads the user's tables. Errors and warnings say which option they are about. */
export function readUserTables(options: readonly AcpiTableOption[], log: Logger, key?: Origin): readonly Uint8Array[] {
  return options.map((option, index) => {
    const origin: Origin | undefined =
      "commandLine" in option
        ? { kind: "command-line", text: option.commandLine }
        : originBelow(key, ["tables", index]);
    try {
      const { bytes, warnings } = make(option);
      for (const warning of warnings) log.warn(warning, origin === undefined ? undefined : { origin });
      return bytes;
    } catch (error) {
      throw error instanceof BackplaneError ? error.from(origin) : error;
    }
  });
}

/** The user's tables as part of a build: byte for byte, in the order given, with the checksums they have. */
export function userTableImages(tables: readonly Uint8Array[]): readonly TableImage[] {
  return tables.map((bytes) => ({ bytes, sealed: true }));
}
