// One build of the seed's ACPI tables as its firmware leaves the machine, against copying and adding up the same bytes: no
// build can do less than write each byte once and read it once for a checksum.
import path from "node:path";
import { Machine } from "backplane";
import { readDefinition } from "backplane/config";
import { machineTypes } from "../machines/index.ts";
import { ACPI } from "../plugins/acpi/contract.ts";
import { pairedNanoseconds, type BenchRow } from "./row.ts";

const CALLS = 20;

function copyAndAdd(bytes: Uint8Array): number {
  const copy = bytes.slice();
  let sum = 0;
  for (let at = 0; at < copy.length; at++) sum = (sum + (copy[at] ?? 0)) & 0xff;
  return sum;
}

export async function bench(): Promise<readonly BenchRow[]> {
  const root = process.env["BACKPLANE_ROOT"] ?? process.cwd();
  const plugins = [...new Set(machineTypes.flatMap((type) => type.plugins.map(({ id }) => id)))];
  const { definition } = await readDefinition(path.join(root, "configs/acpi-resize.yaml"), { plugins });
  const machine = await Machine.create(definition, { types: machineTypes });
  try {
    machine.cont();
    await machine.idle();
    machine.stop();
    const acpi = machine.service(ACPI);
    const { tables, rsdp, loader } = acpi.build();
    const all = Buffer.concat([tables, rsdp, loader]);
    let sink = 0;
    const { ours, baseline } = pairedNanoseconds(
      () => {
        sink ^= acpi.build().tables.length;
      },
      () => {
        sink ^= copyAndAdd(all);
      },
      CALLS,
    );
    // Read, so that neither loop is optimized away.
    if (Number.isNaN(sink)) throw new Error("unreachable");
    return [
      {
        name: `one build of the seed's ACPI tables (${all.length} bytes)`,
        against: "copying and adding up the same bytes",
        ours: ours / 1000,
        baseline: baseline / 1000,
        unit: "µs",
      },
    ];
  } finally {
    await machine.dispose();
  }
}
