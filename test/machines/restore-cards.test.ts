// Cards that a guest has worked with are the same elsewhere.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { RUN_STATES } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { AhciDriver, BUFFER } from "../plugins/ide/ahci-driver.ts";
import { q35, withBoard, type Board } from "../plugins/pci/board.ts";
import { BlockTestDriver, DATA } from "../plugins/virtio/block-driver.ts";
import { pattern, until } from "../plugins/virtio/block-board.ts";
import { moved, run } from "./moved.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-cards-"));
afterAll(() => rmSync(folder, { recursive: true }));

const image = path.join(folder, "disk.img");
writeFileSync(image, pattern(65536));

test("the default devices, whatever a guest has written", () => {
  const BAR = 0xe000_0000;
  const CARD = { slot: 2 };
  const REGISTERS = [
    0x0000, 0x0018, 0x0020, 0x00c4, 0x00c8, 0x00d0, 0x00d8, 0x00e4, 0x00e8, 0x0100, 0x102c, 0x2170, 0x2820, 0x282c,
    0x3820, 0x5008, 0x5200, 0x5400, 0xb608, 0xb60c, 0xb610,
  ];
  const write = fc.oneof(
    // The VGA's ports, and those of its display interface and of the parallel port.
    fc.record({
      port: fc.constantFrom(0x3c0, 0x3c2, 0x3c4, 0x3c5, 0x3c7, 0x3c8, 0x3c9, 0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x378, 0x37a),
      value: fc.nat(0xff),
    }),
    fc.record({ display: fc.nat(9), value: fc.oneof(fc.nat(0xff), fc.constantFrom(640, 480, 800, 0x41)) }),
    fc.record({ window: fc.nat(0xffff) }),
    // The network card's registers: those that only are, and those that do something.
    fc.record({
      register: fc.constantFrom(...REGISTERS),
      value: fc.nat(0xffff_ffff),
    }),
    fc.record({
      config: fc.tuple(fc.constantFrom(1, 2), fc.nat(63)),
      value: fc.nat(0xffff_ffff),
    }),
  );
  type Write = typeof write extends fc.Arbitrary<infer W> ? W : never;
  const perform = (board: Board, step: Write): void => {
    if ("port" in step) return board.out(step.port, step.value, 1);
    if ("window" in step) return void board.load(0xa0000 + step.window, 1);
    if ("register" in step) return board.store(BAR + step.register, step.value);
    if ("config" in step) {
      const [slot, dword] = step.config;
      return board.config({ slot }, 4 * dword).write(step.value);
    }
    board.out(0x1ce, step.display, 2);
    board.out(0x1cf, step.value, 2);
  };
  const args = "-machine q35,accel=tcg -m 16M -nic none -device e1000e -parallel null".split(" ");
  return fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 20, maxLength: 60 }), (steps) =>
      moved(args, (board) => {
        board.config(CARD, 0x10).write(BAR);
        board.config(CARD, 0x04).write(0x7, 2);
        for (const step of steps) perform(board, step);
      }),
    ),
    { numRuns: 8 },
  );
});

test("a CD drive that was asked who it is, with its tray locked", () => {
  const args = q35(
    "-drive",
    `if=none,id=d,file=${image},format=raw,media=cdrom`,
    "-device",
    "ide-cd,drive=d,bus=ide.0",
  );
  let told: Uint8Array;
  const identify = async (driver: AhciDriver): Promise<Uint8Array> => {
    await driver.command([0xa1], { length: 512 });
    return driver.get(BUFFER, 512);
  };
  return moved(
    args,
    async (board) => {
      const driver = new AhciDriver(board);
      // Ultra DMA 2; prevent removal.
      await driver.command([0xef, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0x42, 0]);
      told = await identify(driver);
      await driver.command([0xa0], { packet: [0x1e, 0, 0, 0, 1, 0] });
    },
    async (board) => {
      expect(await run(board, "query-block")).toEqual([expect.objectContaining({ locked: true, tray_open: false })]);
      expect(await identify(new AhciDriver(board))).toEqual(told);
    },
  );
});

test("a disk with its write cache off and blocks of four sectors", () => {
  const args = q35("-drive", `if=none,id=d,file=${image},format=raw`, "-device", "ide-hd,drive=d,bus=ide.0");
  const word = (driver: AhciDriver, index: number): number =>
    new DataView(driver.get(BUFFER, 512).buffer).getUint16(2 * index, true);
  return moved(
    args,
    async (board) => {
      const driver = new AhciDriver(board);
      await driver.command([0xec], { length: 512 });
      await driver.command([0xef, 0x82]);
      await driver.command([0xc6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0]);
    },
    async (board) => {
      const driver = new AhciDriver(board);
      await driver.command([0xec], { length: 512 });
      expect([word(driver, 59), word(driver, 85) & 0x20]).toEqual([0x104, 0]);
    },
  );
});

const DISK = q35("-blockdev", `driver=raw,node-name=n,file.driver=file,file.filename=${image}`).concat([
  "-device",
  "virtio-blk-pci,drive=n,id=v,addr=1",
]);

test("a virtio disk goes on with what the driver had made available", () =>
  moved(
    DISK,
    async (board) => {
      await board.boot();
      const driver = new BlockTestDriver(board).start();
      expect(await driver.read(0, DATA, 512)).toBe(0);
      for (const [at, value] of [0, 0, 8, 0].entries()) board.store(DATA + 0x1000 + 4 * at, value);
      const pieces = [
        { address: DATA + 0x1000, length: 16, writable: false },
        { address: DATA + 0x2000, length: 512, writable: true },
        { address: DATA + 0x3000, length: 1, writable: true },
      ];
      // Nobody has told the device of it yet.
      void driver.submit(pieces, false);
      driver.stop();
    },
    async (board) => {
      const USED = 0x10_2002;
      expect(board.load(USED, 2)).toBe(1);
      board.machine.cont();
      await until(() => board.load(USED, 2) === 2);
      expect(board.load(DATA + 0x2000)).toBe(new DataView(pattern(65536).buffer).getUint32(8 * 512, true));
      expect(board.load(DATA + 0x3000, 1)).toBe(0);
    },
  ));

test("a virtio disk whose driver broke a rule still wants a reset", () =>
  moved(
    DISK,
    (board) => {
      const driver = new BlockTestDriver(board).start();
      void driver.submit([{ address: DATA, length: 4, writable: true }]);
      driver.stop();
      expect(driver.status & 0x40).toBe(0x40);
    },
    (board) => expect(board.load(0xe000_0014, 1) & 0x40).toBe(0x40),
  ));

test("requests that an error policy holds back keep a machine where it is", () => {
  const node =
    '{"driver":"raw","node-name":"n","file":{"driver":"blkdebug","image":{"driver":"null-co","read-zeroes":true,"size":65536},"inject-error":[{"event":"read_aio"}]}}';
  return withBoard(q35("-blockdev", node, "-device", "virtio-blk-pci,drive=n,addr=1,rerror=stop"), async (board) => {
    board.machine.cont();
    await board.machine.idle();
    const driver = new BlockTestDriver(board).start();
    void driver.read(4, DATA, 512);
    driver.stop();
    await until(() => board.machine.service(RUN_STATES).current === "io-error");
    await run(board, "migrate", { uri: `file:${path.join(folder, "never")}` });
    expect(await board.machine.service(MIGRATION).settled()).toBe("failed");
    expect(await run(board, "query-migrate")).toMatchObject({
      "error-desc": "requests of 0000:00:01.0 are held back by their error policy",
    });
  });
});

test("watchdogs that run, and a bridge's slots", () =>
  moved(
    q35(
      ...[
        "-device pci-bridge,chassis_nr=2,id=br,addr=1 -device i6300esb,addr=2 -device ib700",
        "-device virtio-rng-pci,bus=br,addr=3 -device virtio-keyboard-pci,addr=4",
        "-object memory-backend-ram,id=records,size=64K -device acpi-erst,memdev=records,addr=5",
      ].flatMap((line) => line.split(" ")),
    ),
    (board) => {
      const place = (slot: number, address: number): void => {
        board.config({ slot }, 0x10).write(address);
        board.config({ slot }, 0x14).write(slot === 5 ? address + 0x1_0000 : 0);
        board.config({ slot }, 0x04).write(0x6, 2);
      };
      board.out(0x443, 0x03, 1);
      place(2, 0xe000_0000);
      board.config({ slot: 2 }, 0x60).write(0x21, 2);
      board.store(0xe000_000c, 0x80, 2);
      board.store(0xe000_000c, 0x86, 2);
      board.store(0xe000_0000, 0x1234);
      board.config({ slot: 2 }, 0x68).write(0x06, 1);
      // The slot's attention indicator.
      place(1, 0xe100_0000);
      board.store(0xe100_0015, 3, 1);
      board.store(0xe100_0014, 0x20, 1);
    },
    (board) => expect(board.config({ slot: 2 }, 0x68).read(1)).toBe(0x06),
  ));
