// What becomes of a migration when nobody tells it that a block has changed: it completes, and its stream is wrong.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect } from "vitest";
import {
  BLOCK_ACCESS,
  byteLength,
  KiB,
  MEMORY_REGIONS,
  MiB,
  RAM_LIST,
  TARGET_PAGE_SIZE,
  type Machine,
  type NoticePosition,
  type RAMBlock,
} from "backplane";
import { emptyMachineType } from "backplane/kit";
import { describeUntold } from "backplane/kit/conformance";
import mainRam from "../../../../plugins/main-ram/index.ts";
import migration from "../../../../plugins/migration/index.ts";
import { readStream } from "../../../../plugins/migration/stream-reader.ts";
import { hears } from "../../../../plugins/migration/ram/hears.ts";
import ram from "../../../../plugins/migration/ram/index.ts";
import { Rig } from "../rig.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-untold-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Does something while a migration into a file waits half-way, lets it go on, and looks at what it has come to. */
async function amidst(machine: Machine, migratable: boolean, change: (subject: RAMBlock) => void): Promise<void> {
  const rig = new Rig(machine, [], folder);
  const subject = machine
    .service(MEMORY_REGIONS)
    .ram("subject", byteLength(64 * KiB), { maxSize: byteLength(MiB), migratable }).ramBlock as RAMBlock;
  const access = machine.service(BLOCK_ACCESS);
  access.fill(subject, 0, 64 * KiB, 7);
  await rig.run("migrate-set-parameters", { "max-bandwidth": 20_000 });
  await rig.run("migrate", { uri: `file:${rig.file("stream")}` });
  await rig.until("active");
  change(subject);
  // The guest goes on writing, to all that it has now.
  for (const block of machine.service(RAM_LIST).blocks()) access.fill(block, 0, block.usedLength, 9);
  await rig.run("migrate-set-parameters", { "max-bandwidth": 0 });
  const status = await rig.settled();
  if (status === "cancelled") return;
  expect(status, "it neither gave up nor completed").toBe("completed");
  expectFaithful(machine, readFileSync(rig.file("stream")));
}

/** The stream has the machine's migratable blocks, as long as they are, with what is in them. */
function expectFaithful(machine: Machine, bytes: Uint8Array): void {
  const contents = readStream(bytes).ram;
  const blocks = machine
    .service(RAM_LIST)
    .blocks()
    .filter((block) => block.migratable);
  const shape = (all: readonly { readonly idstr: string; readonly usedLength: number }[]) =>
    all.map(({ idstr, usedLength }) => `${idstr} ${usedLength}`);
  expect(shape(contents?.blocks ?? []), "the stream announces other blocks than there are").toEqual(shape(blocks));
  const page = new Uint8Array(TARGET_PAGE_SIZE);
  for (const block of blocks) {
    for (let index = 0; index < block.usedLength / TARGET_PAGE_SIZE; index++) {
      block.host.read(index * TARGET_PAGE_SIZE, page);
      const sent = contents?.block(block.idstr)?.page(index) ?? new Uint8Array();
      expect(Buffer.compare(page, sent), `page ${index} of ${block.idstr}`).toBe(0);
    }
  }
}

const machine = () => ({
  type: { ...emptyMachineType, name: "none" },
  with: [mainRam, migration, ram],
  memory: { size: 128 * KiB, slots: 0, maxSize: 128 * KiB },
});
const untold = (position: NoticePosition<RAMBlock>): string => ("untold" in position ? position.untold : "");
const { name: subscriber, blocks: positions } = hears;

describeUntold({
  subscriber,
  kind: "resized",
  breaks: untold(positions.resized),
  machine,
  story: (machine) =>
    amidst(machine, true, (subject) => machine.service(RAM_LIST).resize(subject, byteLength(256 * KiB))),
});

describeUntold({
  subscriber,
  kind: "idstr",
  breaks: untold(positions.idstr),
  machine,
  story: (machine) => amidst(machine, true, (subject) => machine.service(RAM_LIST).setIdstr(subject, "other")),
});

describeUntold({
  subscriber,
  kind: "migratable",
  breaks: untold(positions.migratable),
  machine,
  story: (machine) => amidst(machine, false, (subject) => machine.service(RAM_LIST).setMigratable(subject, true)),
});

describeUntold({
  subscriber,
  kind: "removed",
  breaks: untold(positions.removed),
  machine,
  story: (machine) => amidst(machine, true, (subject) => machine.service(RAM_LIST).free(subject)),
});
