import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { COMMANDS, EVENTS, RUN_STATES, type JsonObject } from "backplane";
import { pattern } from "../block/block-machine.ts";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { address48, AhciDriver, BUFFER } from "./ahci-driver.ts";

const READY = 0x50;
const words = (bytes: Uint8Array, word: number, count: number): string =>
  Array.from({ length: 2 * count }, (_, index) => String.fromCharCode(bytes[2 * word + (index ^ 1)] ?? 0)).join("");

async function withDisk<T>(
  bytes: Uint8Array,
  use: (board: Board, driver: AhciDriver, file: string) => T | Promise<T>,
  options = "",
  device = "ide-hd",
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "ahci-"));
  const file = path.join(folder, "a.img");
  writeFileSync(file, bytes);
  try {
    const drive = `if=none,id=d,file=${file},format=raw${options}`;
    return await withBoard(q35("-drive", drive, "-device", `${device},drive=d,bus=ide.0`), (board) =>
      use(board, new AhciDriver(board), file),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a disk says who it is", () =>
  withDisk(new Uint8Array(2 ** 20), async (_board, driver) => {
    expect(driver.port(0x28)).toBe(0x113);
    expect(driver.port(0x24)).toBe(0x101);
    expect(await driver.command([0xec], { length: 512 })).toEqual({ status: READY, error: 0 });
    const data = driver.get(BUFFER, 512);
    expect(words(data, 27, 20).trim()).toBe("QEMU HARDDISK");
    expect(words(data, 10, 10)).toBe("QM00001             ");
    expect(new DataView(data.buffer).getUint32(120, true)).toBe(2048);
  }));

test("sectors are written and read, by DMA, by PIO and queued", () =>
  withDisk(pattern(65536), async (_board, driver, file) => {
    expect(await driver.command(address48(0x25, 2, 8), { length: 4096 })).toEqual({ status: READY, error: 0 });
    expect(driver.get(BUFFER, 4096)).toEqual(pattern(65536).subarray(1024, 5120));
    driver.put(BUFFER, new Uint8Array(1024).fill(0xab));
    expect(await driver.command(address48(0x35, 10, 2), { length: 1024, write: true })).toEqual({
      status: READY,
      error: 0,
    });
    expect(new Uint8Array(readFileSync(file).subarray(5120, 6144))).toEqual(new Uint8Array(1024).fill(0xab));
    expect(await driver.command([0x20, 0, 10, 0, 0, 0x40, 0, 0, 0, 0, 2, 0], { length: 1024 })).toEqual({
      status: READY,
      error: 0,
    });
    expect(driver.get(BUFFER, 1024)).toEqual(new Uint8Array(1024).fill(0xab));
    // Queued: the count is in the features, the tag in the count.
    const queued = [0x60, 4, 2, 0, 0, 0x40, 0, 0, 0, 0, 5 << 3, 0];
    expect(await driver.command(queued, { length: 2048, tag: 5 })).toEqual({ status: READY, error: 0 });
    expect(driver.get(BUFFER, 2048)).toEqual(pattern(65536).subarray(1024, 3072));
    expect(driver.port(0x10) & 0x8).toBe(0x8);
    expect(await driver.command([0xea])).toEqual({ status: READY, error: 0 });
  }));

test("what is not there cannot be read", () =>
  withDisk(new Uint8Array(4096), async (_board, driver) => {
    expect(await driver.command(address48(0x25, 7, 2), { length: 1024 })).toEqual({ status: 0x41, error: 4 });
    // The slot stays taken until the driver restarts the port.
    expect(driver.port(0x38)).toBe(1);
    driver.port(0x18, 0x16);
    expect(driver.port(0x38)).toBe(0);
  }));

test("a disk that was to stop the machine tries again when the machine goes on", () =>
  withBoard(
    q35(
      "-blockdev",
      '{"driver":"raw","node-name":"n","file":{"driver":"blkdebug","image":{"driver":"null-co","read-zeroes":true},"inject-error":[{"event":"read_aio","once":true}]}}',
      "-device",
      "ide-hd,drive=n,bus=ide.0,rerror=stop",
    ),
    async (board) => {
      const seen: string[] = [];
      const driver = new AhciDriver(board);
      const { machine } = board;
      machine.service(EVENTS).listen(({ name, data }) => {
        seen.push(name);
        if (name === "BLOCK_IO_ERROR")
          expect(data).toMatchObject({ action: "stop", operation: "read", nospace: false });
        if (name === "STOP") setImmediate(() => machine.cont());
      });
      machine.cont();
      expect(await driver.command(address48(0x25, 0, 1), { length: 512 })).toEqual({ status: READY, error: 0 });
      expect(seen.filter((name) => name !== "RESET")).toEqual(["RESUME", "BLOCK_IO_ERROR", "STOP", "RESUME"]);
      expect(machine.service(RUN_STATES).isRunning).toBe(true);
    },
  ));

test("a CD is read by packets, and its tray moves", () =>
  withDisk(
    pattern(2048 * 40),
    async (board, driver) => {
      const run = async (name: string, args: JsonObject) =>
        board.machine
          .service(COMMANDS)
          .find(name)
          ?.run(args, { id: "t", onClose: () => ({ dispose: () => undefined }) });
      // The byte count limit is where addresses are otherwise.
      const send = (command: readonly number[], length: number) =>
        driver.command([0xa0, 0, 0, length & 0xff, length >> 8, 0], { length, packet: command });
      expect(driver.port(0x24)).toBe(0xeb14_0101);
      expect(await send([0x12, 0, 0, 0, 36], 36)).toEqual({ status: READY, error: 0 });
      expect(Buffer.from(driver.get(BUFFER + 8, 24)).toString()).toBe("QEMU    QEMU DVD-ROM    ");
      expect(await send([0x25], 8)).toEqual({ status: READY, error: 0 });
      expect([...driver.get(BUFFER, 8)]).toEqual([0, 0, 0, 39, 0, 0, 8, 0]);
      expect(await send([0x28, 0, 0, 0, 0, 3, 0, 0, 2], 4096)).toEqual({ status: READY, error: 0 });
      expect(driver.get(BUFFER, 4096)).toEqual(pattern(2048 * 40).subarray(3 * 2048, 5 * 2048));
      await run("blockdev-open-tray", { device: "d" });
      expect(await send([0x00], 0)).toEqual({ status: 0x41, error: 0x20 });
    },
    ",media=cdrom",
    "ide-cd",
  ));

test("no write to the controller throws, whatever it is", () =>
  withDisk(new Uint8Array(65536), async (board, driver) => {
    const write = fc.record({
      offset: fc.integer({ min: 0, max: 0x1ff }),
      value: fc.nat({ max: 0xffff_ffff }),
      size: fc.constantFrom(1, 2, 4),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 60 }), async (writes) => {
        for (const { offset, value, size } of writes) {
          board.store(0xe000_0000 + (offset & ~(size - 1)), value, size);
          board.load(0xe000_0000 + (offset & ~(size - 1)), size);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }),
      { numRuns: 30 },
    );
    driver.hba(0x04, 1);
    expect(driver.port(0x20)).toBe(0x7f);
  }));
