import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { COMMANDS, IOMMU_READ } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { COMMAND, Guest, IOTLB_ALL, PAGES, waitFor } from "./guest.ts";

const IOVA = 0x1234_5000;
const ARGS = q35("-device", "intel-iommu");
const CLIENT = { id: "test", onClose: () => ({ dispose: () => undefined }) };

async function incoming(file: string, use: (board: Board) => void): Promise<void> {
  await withBoard(
    ARGS,
    async (board) => {
      const migration = board.machine.service(MIGRATION);
      while (!["completed", "failed"].includes(migration.incoming?.status ?? "")) await turn();
      expect(migration.incoming?.status).toBe("completed");
      use(board);
    },
    [],
    { migration: { value: { incoming: `file:${file}` } } },
  );
}

test("translation, queue and remapping go on where the machine was moved to", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "iommu-"));
  const file = path.join(folder, "stream");
  try {
    await withBoard(ARGS, async (board) => {
      const guest = new Guest(board);
      guest.context();
      guest.map(IOVA, PAGES);
      guest.translate();
      guest.startQueue();
      guest.queue(IOTLB_ALL, waitFor(1));
      guest.write(0xb8, 0x40_0003);
      guest.write(0x18, COMMAND.translate + COMMAND.queue + COMMAND.setRemappingTable);
      await board.machine
        .service(COMMANDS)
        .find("migrate")
        ?.run({ uri: `file:${file}` }, CLIENT);
      expect(await board.machine.service(MIGRATION).settled()).toBe("completed");
    });
    await incoming(file, (board) => {
      const guest = new Guest(board);
      expect([guest.register(0x1c), guest.register(0x80)]).toEqual([0xc500_0000, 0x20]);
      expect(guest.translation(IOVA, IOMMU_READ)).toMatchObject({ translated: PAGES, permission: 3 });
      guest.store64(0x30_0020, waitFor(2)[0]);
      guest.store64(0x30_0028, waitFor(2)[1]);
      guest.write(0x88, 0x30);
      expect(board.load(0x31_0000)).toBe(2);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
