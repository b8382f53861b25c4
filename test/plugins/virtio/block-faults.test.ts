import { describe, expect, test } from "vitest";
import { DEVICES, EVENTS, RUN_STATES, type JsonObject } from "backplane";
import { BLOCK } from "backplane/plugins/block/contract";
import { q35, withBoard } from "../pci/board.ts";
import { pattern, tick, until, withDisk, type DiskBench } from "./block-board.ts";
import { BlockTestDriver, DATA } from "./block-driver.ts";

const CONTENT = pattern(64 * 1024);
const OK = 0;
const FAILED = 1;

/** A disk whose sector 4 fails, with ENOSPC or another errno, once or always. */
const failing = (errno: number, once: boolean, device = "") => ({
  node: `blkdebug,image.driver=null-co,inject-error.0.event=none,inject-error.0.sector=4,inject-error.0.errno=${errno},inject-error.0.once=${once ? "on" : "off"}`,
  device: `,cyls=1,heads=1,secs=1${device}`,
});
const EIO = 5;
const ENOSPC = 28;

function events({ board }: DiskBench): JsonObject[] {
  const told: JsonObject[] = [];
  board.machine.service(EVENTS).listen(({ name, data }) => {
    if (name === "BLOCK_IO_ERROR") told.push(data ?? {});
  });
  return told;
}

describe("a request that the host fails", () => {
  test.each([
    ["a read is reported", "", EIO, "read", FAILED],
    ["a write is reported", "", EIO, "write", FAILED],
    ["a read is ignored", ",rerror=ignore", EIO, "read", OK],
    ["a write is ignored", ",werror=ignore", EIO, "write", OK],
  ] as const)("%s", (_name, device, errno, kind, status) =>
    withDisk(failing(errno, false, device), async (bench) => {
      const told = events(bench);
      expect(await bench.driver[kind](4, DATA, 512)).toBe(status);
      expect(told).toEqual([
        expect.objectContaining({
          "qom-path": "/machine/peripheral/v/virtio-backend",
          operation: kind,
          action: status === OK ? "ignore" : "report",
        }),
      ]);
    }),
  );

  test.each([
    ["the host is full", failing(ENOSPC, true), "write", "nospace"],
    ["the user asked for it", failing(EIO, true, ",rerror=stop"), "read", "failed"],
  ] as const)("stops the machine when %s, and is tried again", (_name, options, kind, status) =>
    withDisk(options, async ({ board, driver: unused, run }) => {
      unused.stop();
      const states = board.machine.service(RUN_STATES);
      board.machine.cont();
      await board.machine.idle();
      const driver = new BlockTestDriver(board).start();
      const request = driver[kind](4, DATA, 512);
      await until(() => states.current === "io-error");
      await tick();
      expect(await run("query-block")).toEqual([expect.objectContaining({ "io-status": status })]);
      board.machine.cont();
      expect(await request).toBe(OK);
      expect(await run("query-block")).toEqual([expect.objectContaining({ "io-status": "ok" })]);
      driver.stop();
    }),
  );

  test("and that waits is forgotten by a reset", () =>
    withDisk(failing(EIO, true, ",rerror=stop"), async ({ board, driver: unused }) => {
      unused.stop();
      const states = board.machine.service(RUN_STATES);
      board.machine.cont();
      await board.machine.idle();
      const driver = new BlockTestDriver(board).start();
      void driver.read(4, DATA, 512);
      await until(() => states.current === "io-error");
      driver.common(0x14, 1, 0);
      expect(driver.status).toBe(0);
      driver.start();
      board.machine.cont();
      await tick();
      expect(board.load(0x10_2002, 2)).toBe(0);
      expect(await driver.read(4, DATA, 512)).toBe(OK);
      driver.stop();
    }));
});

test("requests are counted, and those that are none as well", () =>
  withDisk({ content: CONTENT }, async ({ driver, registrar, run }) => {
    await driver.read(0, DATA, 4096);
    await driver.write(0, DATA, 512);
    await driver.read(1000, DATA, 512);
    const { read, write } = registrar.backend.statistics;
    expect(read).toMatchObject({ operations: 1, bytes: 4096, invalid: 1 });
    expect(write).toMatchObject({ operations: 1, bytes: 512, invalid: 0 });
    expect(await run("query-block")).toEqual([
      expect.objectContaining({ qdev: "/machine/peripheral/v/virtio-backend", removable: false }),
    ]);
  }));

test("-drive if=virtio makes its device", () =>
  withBoard(q35("-drive", "if=virtio,driver=null-co,id=one", "-device", "virtio-rng-pci"), async (board) => {
    expect(board.machine.service(DEVICES).all().at(-1)?.context.path).toBe("/machine/peripheral-anon/device[1]");
    const driver = new BlockTestDriver(board, { slot: 2 }).start();
    expect(await driver.read(0, DATA, 512)).toBe(OK);
    driver.stop();
  }));

test("a drive outlives a device that came to nothing, and goes with one that was there", () =>
  withDisk({ args: ["-drive", "if=none,id=hd,driver=null-co"] }, async ({ board, run }) => {
    const block = board.machine.service(BLOCK);
    board.machine.cont();
    await board.machine.idle();
    const add = (cyls: number) =>
      run("device_add", { driver: "virtio-blk-pci", drive: "hd", id: "d", cyls, heads: 1, secs: 1 });
    await expect(add(70000)).rejects.toThrow();
    expect(block.drive("hd")).toBeDefined();
  }));

test("a disk behind a port comes and goes while the machine runs", () =>
  withDisk(
    { args: ["-device", "pcie-root-port,id=rp,addr=2", "-blockdev", "null-co,node-name=m"] },
    async ({ board, run, driver }) => {
      driver.stop();
      board.machine.cont();
      await board.machine.idle();
      await run("device_add", { driver: "virtio-blk-pci", id: "late", drive: "m", bus: "rp" });
      const devices = board.machine.service(DEVICES);
      expect(devices.byId("late")).toBeDefined();
      await expect(run("device_add", { driver: "virtio-blk-pci", drive: "m", bus: "rp" })).rejects.toThrow();
      await run("device_del", { id: "late" });
      const instance = devices.byId("late");
      if (instance !== undefined) await devices.remove(instance);
      expect(board.machine.service(BLOCK).node("m")).toBeDefined();
    },
  ));
