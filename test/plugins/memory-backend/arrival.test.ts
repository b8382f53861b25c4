// What a stream brought is in the files of shared backends before the guest goes on.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { COMMANDS, type JsonObject, type LogRecord, type Machine } from "backplane";
import { withMachine, type TestMachineOptions } from "backplane/kit";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BACKEND_HOST } from "../../../plugins/memory-backend/contract.ts";
import memoryBackend from "../../../plugins/memory-backend/index.ts";
import migration from "../../../plugins/migration/index.ts";
import ram from "../../../plugins/migration/ram/index.ts";
import { canMap } from "./koffi.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "backplane-arrival-"));
  writeFileSync(path.join(folder, "shared"), new Uint8Array(65536));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };
const machineWith = (options: { readonly [plugin: string]: JsonObject }): TestMachineOptions => ({
  with: [memoryBackend, migration, ram],
  objects: [
    {
      type: "memory-backend-file",
      id: "a",
      form: "json",
      properties: { size: 65536, share: true, "mem-path": path.join(folder, "shared") },
    },
  ],
  options: Object.fromEntries(Object.entries(options).map(([plugin, value]) => [plugin, { value }])),
});

async function arrived(machine: Machine): Promise<void> {
  const service = machine.service(MIGRATION);
  if (service.incoming?.status === "completed") return;
  await new Promise<void>((resolve, reject) => {
    service.onIncoming(({ status, error }) => {
      if (status === "completed") resolve();
      if (status === "failed") reject(new Error(error));
    });
  });
}

test.skipIf(!canMap)("an incoming migration ends with memory that is written back, or tells of it", async () => {
  const stream = path.join(folder, "stream");
  await withMachine(machineWith({}), async (machine) => {
    await machine
      .service(COMMANDS)
      .find("migrate")
      ?.run({ uri: `file:${stream}` }, client);
    expect(await machine.service(MIGRATION).settled()).toBe("completed");
    expect(machine.service(BACKEND_HOST).count("msync")).toBe(0);
  });
  const incoming = { incoming: `file:${stream}` };
  const told = (log: readonly LogRecord[]) => log.filter(({ message }) => message.includes("failed to sync")).length;
  await withMachine(machineWith({ migration: incoming }), async (machine, log) => {
    await arrived(machine);
    expect([machine.service(BACKEND_HOST).count("msync"), told(log)]).toEqual([1, 0]);
  });
  const faults = [{ call: "msync", errno: "EIO" }];
  await withMachine(machineWith({ migration: incoming, "memory-backend": { faults } }), async (machine, log) => {
    await arrived(machine);
    expect(told(log)).toBe(1);
  });
});
