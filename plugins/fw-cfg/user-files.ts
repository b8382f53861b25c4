// Files that the host's user gives to the firmware or the guest: `-fw_cfg`.
import { readFileSync } from "node:fs";
import {
  asBackplaneError,
  hostErrorText,
  originBelow,
  type Logger,
  type MachineDefinition,
  type Origin,
} from "backplane";
import type { FwCfg } from "./contract.ts";
import { fwCfgErrors } from "./errors.ts";
import type { UserFile } from "./options.ts";

const isGiven = (text: string | undefined): text is string => text !== undefined && text !== "";

function contents(file: UserFile, definition: MachineDefinition): Uint8Array {
  if (isGiven(file.string)) return Buffer.from(file.string);
  if (isGiven(file.gen_id)) {
    const known = definition.objects.some((object) => object.id === file.gen_id);
    throw known ? fwCfgErrors.FW_CFG_GENERATOR_KIND(file.gen_id) : fwCfgErrors.FW_CFG_GENERATOR_UNKNOWN(file.gen_id);
  }
  const path = file.file ?? "";
  try {
    return readFileSync(path);
  } catch (error) {
    throw fwCfgErrors.FW_CFG_USER_FILE_UNREADABLE(path, hostErrorText(error));
  }
}

function add(fwCfg: FwCfg, file: UserFile, definition: MachineDefinition, log: Logger): void {
  const sources = [file.file, file.string, file.gen_id].filter(isGiven).length;
  if (!isGiven(file.name) || sources !== 1) throw fwCfgErrors.FW_CFG_USER_FILE();
  if (Buffer.byteLength(file.name) > 55) throw fwCfgErrors.FW_CFG_NAME_TOO_LONG(55);
  if (!isGiven(file.gen_id) && !file.name.startsWith("opt/")) {
    const origin = file.commandLine === undefined ? undefined : { kind: "command-line", text: file.commandLine };
    log.warn('externally provided fw_cfg item names should be prefixed with "opt/"', { origin });
  }
  fwCfg.addFile(file.name, contents(file, definition));
}

export function addUserFiles(
  fwCfg: FwCfg,
  files: readonly UserFile[],
  definition: MachineDefinition,
  log: Logger,
): void {
  for (const [index, file] of files.entries()) {
    try {
      add(fwCfg, file, definition, log);
    } catch (error) {
      const origin: Origin | undefined =
        file.commandLine === undefined
          ? originBelow(definition.options["fw-cfg"]?.origin, ["files", index])
          : { kind: "command-line", text: file.commandLine };
      throw asBackplaneError(error).from(origin);
    }
  }
}
