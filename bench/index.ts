// npm run bench [-- NAME…]: whole output or the named parts. Figures are ratios against something measured in the same run.
import { bench as acpiBuild } from "./acpi-build.ts";
import { bench as iommu } from "./iommu.ts";
import { bench as addressSpace } from "./memory/address-space.ts";
import { bench as notifierDispatch } from "./memory/notifier-dispatch.ts";
import { bench as ramList } from "./memory/ram-list.ts";
import { bench as rendering } from "./memory/rendering.ts";
import { bench as qtest } from "./qtest.ts";
import type { BenchRow } from "./row.ts";
import { bench as startToQuit } from "./start-to-quit.ts";
import { bench as vfio } from "./vfio.ts";
import { bench as virtioBlk } from "./virtio-blk.ts";

const parts: Record<string, () => Promise<readonly BenchRow[]> | readonly BenchRow[]> = {
  "start-to-quit": startToQuit,
  "notifier-dispatch": notifierDispatch,
  "ram-list": ramList,
  "address-space": addressSpace,
  rendering,
  "acpi-build": acpiBuild,
  qtest,
  vfio,
  iommu,
  "virtio-blk": virtioBlk,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`bench: no part named ${unknown.join(", ")}; there are: ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
for (const [name, run] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}`);
  for (const row of await run()) {
    const ratio = row.ours / row.baseline;
    const aim = row.aim === undefined ? "" : `  (aim ${row.aim})`;
    console.log(
      `  ${row.name}: ${ratio.toFixed(2)} × ${row.against}${aim}  [${digits(row.ours)} against ${digits(row.baseline)} ${row.unit}]`,
    );
  }
}
