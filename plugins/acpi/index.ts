import { definePlugin, MACHINE } from "backplane";
import { MachineAcpi } from "./acpi.ts";
import { acpiCommandLine } from "./command-line.ts";
import { ACPI, ACPI_DSDT, ACPI_TABLES } from "./contract.ts";
import { AcpiDsdt, debugPort } from "./dsdt/index.ts";
import { buildFacs } from "./facs.ts";
import { acpiOptions, type AcpiOptions } from "./options.ts";
import { acpiTable } from "./table.ts";
import { AcpiTables } from "./tables.ts";
import { readUserTables, userTableImages } from "./user-tables.ts";
import { buildWaet } from "./waet.ts";

const DSDT_REVISION = 1;

export default definePlugin<AcpiOptions>({
  id: "acpi",
  apiVersion: 1,
  summary: "ACPI: the registries of tables and of DSDT fragments, the user's tables, and the build",
  provides: [ACPI, ACPI_TABLES, ACPI_DSDT],
  options: acpiOptions,
  commandLine: acpiCommandLine,
  attach(machine, options) {
    const tables = new AcpiTables();
    const dsdt = new AcpiDsdt();
    const userTables = readUserTables(options.tables, machine.log, machine.definition.options["acpi"]?.origin);
    const acpi = new MachineAcpi(machine.use(MACHINE), tables, userTables);
    machine.provideValue(ACPI_TABLES, tables);
    machine.provideValue(ACPI_DSDT, dsdt);
    machine.provideValue(ACPI, acpi);
    machine.own(dsdt.add({ place: "debug-port", build: debugPort }));
    machine.own(tables.add({ place: "facs", build: () => [buildFacs()] }));
    machine.own(
      tables.add({
        place: "dsdt",
        build: ({ oem }) => [{ bytes: acpiTable({ signature: "DSDT", revision: DSDT_REVISION, oem }, dsdt.build()) }],
      }),
    );
    machine.own(tables.add({ place: "waet", build: ({ oem }) => [buildWaet(oem)] }));
    machine.own(tables.add({ place: "user", build: () => userTableImages(acpi.userTables) }));
  },
});
