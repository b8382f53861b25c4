import type { MachineInfo } from "backplane";
import { type AcpiBlobs, buildAcpi } from "./build.ts";
import type { Acpi } from "./contract.ts";
import { type OemIds, licensedOemIds, oemIds } from "./oem-ids.ts";
import type { AcpiTables } from "./tables.ts";

function machineOemIds({ properties }: MachineInfo): OemIds {
  const id = properties.string("x-oem-id");
  const tableId = properties.string("x-oem-table-id");
  return oemIds({
    ...(id === undefined ? {} : { "x-oem-id": id }),
    ...(tableId === undefined ? {} : { "x-oem-table-id": tableId }),
  });
}

/** The machine's ids and its user's tables, which every build takes. */
export class MachineAcpi implements Acpi {
  readonly enabled: boolean;
  readonly oem: OemIds;
  readonly licensedOem: OemIds;
  readonly userTables: readonly Uint8Array[];
  readonly #tables: AcpiTables;

  constructor(machine: MachineInfo, tables: AcpiTables, userTables: readonly Uint8Array[]) {
    this.enabled = machine.properties.string("acpi") !== "off";
    this.oem = machineOemIds(machine);
    this.licensedOem = licensedOemIds(this.oem, userTables);
    this.userTables = userTables;
    this.#tables = tables;
  }

  build(): AcpiBlobs {
    const context = { oem: this.oem, licensedOem: this.licensedOem };
    return buildAcpi(context, this.#tables.collect(context));
  }
}
