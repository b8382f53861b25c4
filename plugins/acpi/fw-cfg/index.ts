import { definePlugin, LIFECYCLE, RAM_BLOCK_NOTIFIERS, RESETS } from "backplane";
import { ACPI, ACPI_DSDT, ACPI_FILES, fwCfgDevice } from "backplane/plugins/acpi/contract";
import { FW_CFG, FW_CFG_IO } from "backplane/plugins/fw-cfg/contract";
import { MIGRATION_STATE } from "backplane/plugins/migration/contract";
import { ROM_LOADER } from "backplane/plugins/rom-loader/contract";
import { AcpiFiles } from "./acpi-files.ts";
import { ACPI_FILES_HEARS } from "./hears.ts";
import { OutgrownFiles } from "./outgrown.ts";
import { acpiFilesState } from "./state.ts";

/** Where a TPM's event log would be; there is none, and the file is empty. */
const TPM_LOG_FILE = "etc/tpm/log";

export default definePlugin({
  id: "acpi/fw-cfg",
  apiVersion: 1,
  summary:
    "publishes the ACPI tables through fw_cfg and rebuilds them when the guest first looks at them after a reset",
  requires: [ACPI, ACPI_DSDT, FW_CFG, ROM_LOADER],
  uses: [MIGRATION_STATE],
  hears: [ACPI_FILES_HEARS],
  attach(machine) {
    machine.own(machine.use(ACPI_DSDT).add({ place: "fw-cfg", build: () => fwCfgDevice(FW_CFG_IO) }));
    const acpi = machine.use(ACPI);
    if (!acpi.enabled) return;
    const roms = machine.use(ROM_LOADER);
    const fwCfg = machine.use(FW_CFG);
    const sections = machine.optional(MIGRATION_STATE);
    let files: AcpiFiles | undefined;
    machine.own(
      machine.use(LIFECYCLE).on("done", () => {
        files = new AcpiFiles(acpi, roms);
        fwCfg.addFile(TPM_LOG_FILE, new Uint8Array());
        if (sections !== undefined) machine.own(sections.add(acpiFilesState(files)));
      }),
    );
    const outgrown = new OutgrownFiles(
      Object.values(ACPI_FILES).map(({ name }) => name),
      machine.log,
    );
    machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add(outgrown));
    machine.own(fwCfg.onSelect((key, file) => outgrown.selected(key, file)));
    machine.own(
      machine.use(RESETS).add(() => {
        files?.outdate();
        outgrown.reset();
      }),
    );
  },
});
