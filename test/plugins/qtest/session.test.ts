// How lines arrive, and what becomes of clients that do not behave.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { afterAll, describe, expect, test } from "vitest";
import { byteLength, definePlugin, guestAddress, LIFECYCLE, MEMORY_REGIONS, SYSTEM_MEMORY } from "backplane";
import { QTEST_LOG } from "backplane/plugins/qtest/contract";
import { withMachine } from "../../kit/index.ts";
import { QtestClient } from "./client.ts";

const folder = mkdtempSync(path.join(tmpdir(), "qtest-"));
afterAll(() => rmSync(folder, { recursive: true }));

const memory = definePlugin({
  id: "test-memory",
  apiVersion: 1,
  summary: "64 KiB",
  attach(machine) {
    const ram = machine.use(MEMORY_REGIONS).ram("ram", byteLength(0x10000));
    machine.own(
      machine.use(LIFECYCLE).on("board", () => machine.use(SYSTEM_MEMORY).root.addSubregion(guestAddress(0), ram)),
    );
  },
});

function withClient(run: (client: QtestClient) => void | Promise<void>, log?: string): Promise<void> {
  const client = new QtestClient();
  const options = { qtest: { value: { chardev: "client", ...(log === undefined ? {} : { log }) } } };
  return withMachine({ with: [...client.plugins, memory], options, time: "client" }, () => run(client));
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("lines", () => {
  property.prop([fc.array(fc.nat(40), { minLength: 1, maxLength: 30 })], { numRuns: 15 })(
    "come in any pieces",
    (sizes) =>
      withClient((client) => {
        const text = "writeb 0x10 0x5a\nreadb 0x10\nread 0x10 1\nnonsense\nendianness\n";
        let at = 0;
        for (let index = 0; at < text.length; index++) {
          const size = Math.max(sizes[index % sizes.length] ?? 1, 1);
          client.send(text.slice(at, at + size));
          at += size;
        }
        expect(client.output).toBe("OK\nOK 0x000000000000005a\nOK 0x5a\nFAIL Unknown command 'nonsense'\nOK little\n");
      }),
  );

  property.prop([fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 })], { numRuns: 20 })(
    "of any bytes are answered, one by one",
    (chunks) =>
      withClient((client) => {
        for (const chunk of chunks) client.send(chunk);
        const lines = Buffer.concat(chunks).filter((byte) => byte === 0x0a).length;
        const echoed = Buffer.from(client.output).filter((byte) => byte === 0x0a).length;
        expect(echoed).toBe(lines);
        client.send("\n");
        expect(client.ask("endianness")).toEqual(["OK little"]);
      }),
  );

  test("too long to be held are dropped, and the next is read", () =>
    withClient((client) => {
      const mebibyte = Buffer.alloc(1024 * 1024, 0x41);
      for (let count = 0; count < 70; count++) client.send(mebibyte);
      expect(client.ask("", "endianness")).toEqual(["ERR line too long", "OK little"]);
    }));

  test("that a client leaves without ending are forgotten", () =>
    withClient((client) => {
      client.send("readb 0x1");
      client.leave();
      client.come();
      expect(client.ask("endianness")).toEqual(["OK little"]);
    }));
});

describe("a client that does not read", () => {
  test("is not read either, until it does", () =>
    withClient(async (client) => {
      client.isStuck = true;
      const lines = 2000;
      client.send("read 0 0x2000\n".repeat(lines));
      const buffered = client.output.length;
      expect(buffered).toBeLessThan(4 * 1024 * 1024);
      expect(client.isPaused).toBe(true);
      client.send("endianness\n");
      expect(client.output.length).toBe(buffered);
      client.unstick();
      // In turns, so that others have theirs.
      for (let turns = 0; turns < 1000 && client.isPaused; turns++) await turn();
      expect(client.output.endsWith("\nOK little\n")).toBe(true);
      expect(client.output.split("\n").length - 1).toBe(lines + 1);
    }));

  test("and leaves has left nothing behind", () =>
    withClient(async (client) => {
      client.isStuck = true;
      client.send("read 0 0x8000\n".repeat(1000));
      client.leave();
      client.buffered = 0;
      client.output = "";
      await turn();
      expect(client.output).toBe("");
      client.isStuck = false;
      client.come();
      expect(client.ask("endianness")).toEqual(["OK little"]);
    }));
});

describe("the log", () => {
  test("tells who said what, and when", async () => {
    const file = path.join(folder, "log");
    await withClient((client) => {
      client.ask("endianness", "readb 0x0");
      client.leave();
    }, file);
    expect(readFileSync(file, "utf8").replace(/\d+\.\d{6}/g, "T")).toBe(
      [
        "[I T] OPENED",
        "[R +T] endianness",
        "[S +T] OK little",
        "[R +T] readb 0x0",
        "[S +T] OK 0x0000000000000000",
        "[I +T] CLOSED",
        "",
      ].join("\n"),
    );
  });

  test("goes where the machine's composer says, unless a file is named", async () => {
    let text = "";
    const client = new QtestClient();
    const sink = definePlugin({
      id: "test-log",
      apiVersion: 1,
      summary: "takes the log",
      provides: [QTEST_LOG],
      attach: (machine) => machine.provideValue(QTEST_LOG, (line) => (text += line)),
    });
    const options = { qtest: { value: { chardev: "client" } } };
    await withMachine({ with: [...client.plugins, sink], options }, () => void client.ask("endianness"));
    expect(text).toMatch(/^\[I 0\.000000\] OPENED\n\[R \+[\d.]+\] endianness\n\[S \+[\d.]+\] OK little\n$/);
  });

  test.each(["none", "/dev/null", path.join(folder, "missing/log")])("is not kept in %s", (file) =>
    withClient((client) => {
      expect(client.ask("endianness")).toEqual(["OK little"]);
    }, file),
  );
});
