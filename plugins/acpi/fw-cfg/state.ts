import type { DeviceSection, StateDescription } from "backplane/plugins/migration/contract";
import type { AcpiFiles } from "./acpi-files.ts";

const description: StateDescription<AcpiFiles> = {
  name: "acpi_build",
  version: 1,
  fields: [
    {
      kind: "scalar",
      name: "patched",
      type: "uint8",
      get: (files) => (files.current ? 1 : 0),
      set: (files, value) => {
        files.current = Number(value) !== 0;
      },
    },
  ],
};

/** The files' section of a migration stream. Their contents travel as RAM. */
export function acpiFilesState(files: AcpiFiles): DeviceSection<AcpiFiles> {
  return { kind: "device", idstr: description.name, version: description.version, description, state: files };
}
