import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { BLOCK_ACCESS, MACHINE_CONTROL, RAM_LIST, TARGET_PAGE_SIZE, type RAMBlock } from "backplane";
import { readStream } from "../../../plugins/migration/stream-reader.ts";
import { loadMigrationGolden, loadMigrationStream } from "../../peer/golden.ts";
import { withRig, type Rig } from "./rig.ts";

function mainRam(rig: Rig): RAMBlock {
  const block = rig.machine.service(RAM_LIST).byIdstr("ram");
  if (block === undefined) throw new Error("no main memory");
  return block;
}

function write(rig: Rig, page: number, text: string): void {
  rig.machine.service(BLOCK_ACCESS).write(mainRam(rig), page * TARGET_PAGE_SIZE, Buffer.from(text));
}

/** Accepts one connection and gathers what comes. */
async function receive(listening: net.Server): Promise<Buffer> {
  const [socket] = (await once(listening, "connection")) as [net.Socket];
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  listening.close();
  return Buffer.concat(chunks);
}

async function listen(at: string | number): Promise<{ server: net.Server; received: Promise<Buffer> }> {
  const server = net.createServer();
  server.listen(at);
  await once(server, "listening");
  return { server, received: receive(server) };
}

describe("the stream of the smallest machine", () => {
  const golden = loadMigrationStream("none-64m");

  test("is the peer's to the byte over a file", () =>
    withRig({}, async (rig) => {
      expect(await rig.migrate(`file:${rig.file("stream")}`)).toBe("completed");
      expect(readFileSync(rig.file("stream")).equals(golden)).toBe(true);
    }));

  test("begins at the offset that was asked for", () =>
    withRig({}, async (rig) => {
      expect(await rig.migrate(`file:${rig.file("stream")},offset=4k`)).toBe("completed");
      const bytes = readFileSync(rig.file("stream"));
      expect(bytes.subarray(0, 4096).equals(Buffer.alloc(4096))).toBe(true);
      expect(bytes.subarray(4096).equals(golden)).toBe(true);
    }));

  test("is the peer's to the byte over a program's input", () =>
    withRig({}, async (rig) => {
      const [part, whole] = [rig.file("part"), rig.file("whole")];
      expect(await rig.migrate(`exec:cat > ${part} && mv ${part} ${whole}`)).toBe("completed");
      await rig.machine.dispose();
      expect(readFileSync(whole).equals(golden)).toBe(true);
    }));

  test("is the peer's to the byte over a unix socket", () =>
    withRig({}, async (rig) => {
      const { received } = await listen(rig.file("socket"));
      expect(await rig.migrate(`unix:${rig.file("socket")}`)).toBe("completed");
      expect((await received).equals(golden)).toBe(true);
    }));

  test("is the peer's to the byte over TCP", () =>
    withRig({}, async (rig) => {
      const { server, received } = await listen(0);
      const { port } = server.address() as net.AddressInfo;
      expect(await rig.migrate(`tcp:127.0.0.1:${port}`)).toBe("completed");
      expect((await received).equals(golden)).toBe(true);
    }));

  test("has the figures of the peer", () =>
    withRig({}, async (rig) => {
      await rig.migrate(`file:${rig.file("stream")}`);
      const { ram } = await rig.query();
      expect(ram).toMatchObject({
        total: 64 * 1024 * 1024,
        transferred: golden.length,
        duplicate: 16384,
        normal: 0,
        remaining: 0,
        "downtime-bytes": 147468,
        "precopy-bytes": 0,
        "dirty-sync-count": 2,
      });
    }));
});

describe("the stream", () => {
  test("says what the guest did, and that the guest ran", () =>
    withRig({}, async (rig) => {
      rig.machine.service(MACHINE_CONTROL).cont();
      await rig.migrate(`file:${rig.file("stream")}`);
      const { devices } = readStream(readFileSync(rig.file("stream")));
      const state = devices.find(({ idstr }) => idstr === "globalstate")?.state;
      const text = state?.fields.find(({ name }) => name === "runstate")?.value;
      expect(
        Buffer.from(text as Uint8Array)
          .toString("latin1")
          .replaceAll("\0", ""),
      ).toBe("running");
      const { ram } = await rig.query();
      expect(ram).toMatchObject({ "precopy-bytes": 147468, "downtime-bytes": 0 });
      expect(rig.events).toEqual(["RESUME", "STOP"]);
    }));

  test("carries pages with their bytes", () =>
    withRig({}, async (rig) => {
      const pages = [0, 1, 31, 32, 5000, 16383];
      for (const page of pages) write(rig, page, `page ${page}`);
      await rig.migrate(`file:${rig.file("stream")}`);
      const block = readStream(readFileSync(rig.file("stream"))).ram?.block("ram");
      for (const page of pages) {
        expect(
          Buffer.from(block?.page(page) ?? [])
            .toString("latin1")
            .replaceAll("\0", ""),
        ).toBe(`page ${page}`);
      }
      expect(block).toMatchObject({ sentPages: pages.length, sentZero: 16384 - pages.length });
      expect((await rig.query()).ram).toMatchObject({ normal: 6, "normal-bytes": 6 * 4096, duplicate: 16378 });
    }));

  test("carries zeros like anything else when they are not to be looked for", () =>
    withRig({ memory: 1 }, async (rig) => {
      await rig.run("migrate-set-parameters", { "zero-page-detection": "none" });
      await rig.migrate(`file:${rig.file("stream")}`);
      expect((await rig.query()).ram).toMatchObject({ normal: 256, duplicate: 0 });
      expect(readStream(readFileSync(rig.file("stream"))).ram?.block("ram")).toMatchObject({ sentPages: 256 });
    }));

  test("carries a page again that was written after it was sent", () =>
    withRig({ memory: 8 }, async (rig) => {
      for (let page = 0; page < 2048; page++) write(rig, page, `first ${page}`);
      await rig.switchOn("events");
      // The program reads only when it is told to, so the migration stands in the middle of memory.
      const go = rig.file("go");
      await rig.run("migrate", {
        uri: `exec:until [ -e ${go} ]; do sleep 0.01; done; exec cat > ${rig.file("stream")}`,
      });
      await rig.until("active");
      await rig.when(async () => (await rig.query()).ram["normal"] === 32);
      write(rig, 3, "second 3");
      write(rig, 2000, "second 2000");
      await rig.run("migrate-set-parameters", { "max-bandwidth": 0 });
      writeFileSync(go, "");
      expect(await rig.settled()).toBe("completed");
      await rig.machine.dispose();
      const block = readStream(readFileSync(rig.file("stream"))).ram?.block("ram");
      const text = (page: number): string =>
        Buffer.from(block?.page(page) ?? [])
          .toString("latin1")
          .replaceAll("\0", "");
      expect([text(3), text(4), text(2000)]).toEqual(["second 3", "first 4", "second 2000"]);
      // What was written before its turn came counts as written since, too.
      expect(block?.sentPages).toBe(2050);
    }));

  test("sends no more than the bandwidth allows, until that is lifted", () =>
    withRig({ memory: 8 }, async (rig) => {
      for (let page = 0; page < 2048; page++) write(rig, page, `page ${page}`);
      await rig.run("migrate-set-parameters", { "max-bandwidth": 1024 * 1024, "downtime-limit": 1 });
      await rig.run("migrate", { uri: `file:${rig.file("stream")}` });
      await rig.until("active");
      await rig.when(async () => (await rig.query()).ram["transferred"] !== 0);
      // A tenth of a second's share, and the batch with which it was exceeded.
      await rig.when(async () => (await rig.query()).ram["pages-per-second"] !== 0);
      expect((await rig.query()).ram["mbps"]).toBeLessThan(2 * 8.4);
      await rig.run("migrate-set-parameters", { "max-bandwidth": 0 });
      expect(await rig.settled()).toBe("completed");
    }));

  test("stops the guest when what is left fits the downtime limit", () =>
    withRig({ memory: 8 }, async (rig) => {
      for (let page = 0; page < 2048; page++) write(rig, page, `page ${page}`);
      rig.machine.service(MACHINE_CONTROL).cont();
      await rig.switchOn("events");
      await rig.run("migrate-set-parameters", {
        "max-bandwidth": 10 * 1024 * 1024,
        "avail-switchover-bandwidth": 1024 ** 3,
      });
      expect(await rig.migrate(`file:${rig.file("stream")}`)).toBe("completed");
      const { ram } = await rig.query();
      // One sync at the beginning, one to see what is left, one with the guest stopped.
      expect(ram["dirty-sync-count"]).toBe(3);
      expect(ram["downtime-bytes"]).toBeGreaterThan(0);
      expect(readStream(readFileSync(rig.file("stream"))).ram?.block("ram")?.pagesSeen).toBe(2048);
    }));

  test("has the sections, numbers and description of the peer's", () =>
    withRig({}, async (rig) => {
      await rig.migrate(`file:${rig.file("stream")}`);
      const golden = loadMigrationGolden("none-64m");
      const ours = readStream(readFileSync(rig.file("stream")));
      expect(ours.description).toBe(golden.description);
      expect(ours.parts.map(({ kind, offset, length }) => ({ kind, offset, length }))).toEqual(
        golden.sections.map(({ kind, offset, length }) => ({ kind, offset, length })),
      );
    }));
});
