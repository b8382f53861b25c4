// System Locality Information Table: ACPI 3.0 §5.2.16, ACPI 6.5 §5.2.17.
import { type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";

/**
 * `distances[from][to]`, complete: a square with a row for every node, 10 from a node to itself, 255 for unreachable.
 * Only for a machine whose user gave at least one distance.
 */
export function buildSlit(oem: OemIds, distances: readonly (readonly number[])[]): TableImage {
  const writer = new TableWriter().u64(distances.length);
  for (const row of distances) {
    if (row.length !== distances.length) throw new RangeError("NUMA distances are not a square");
    for (const distance of row) writer.u8(distance);
  }
  return { bytes: acpiTable({ signature: "SLIT", revision: 1, oem }, writer.finish()) };
}
