import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { byteLength, DEVICES, guestAddress, LIFECYCLE, RAM_LIST } from "backplane";
import { CAPABILITY, COMMAND, PCI, REG } from "backplane/plugins/pci/contract";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import type { Board } from "./board.ts";
import { q35, withBoard } from "./board.ts";
import { CardProbe, eduCard } from "./third-party.ts";

const BAR = 0xe000_0000;
const MESSAGE = 0x0030_0000;

function withCard(
  args: readonly string[],
  use: (board: Board, probe: CardProbe) => void | Promise<void>,
): Promise<void> {
  const probe = new CardProbe();
  return withBoard(q35(...args, "-device", "edu-card,id=card,addr=5"), (board) => use(board, probe), [eduCard(probe)]);
}

const command = (board: Board, bits: number): void => board.config({ slot: 5 }, REG.command).write(bits, 2);

describe("a function of a third party", () => {
  test("is seen through the configuration ports", () =>
    withCard([], (board) => {
      expect(board.config({ slot: 5 }, 0).read()).toBe(0x11e8_1234);
      expect(board.config({ slot: 5 }, REG.classId).read(2)).toBe(0x00ff);
      expect(board.config({ slot: 6 }, 0).read()).toBe(0xffff_ffff);
    }));

  test("maps its BAR where the guest puts it, and only while decoding is on", () =>
    withCard([], (board, probe) => {
      const bar = board.config({ slot: 5 }, REG.bar0);
      bar.write(0xffff_ffff);
      expect(bar.read()).toBe(0xffff_f000);
      bar.write(BAR);
      expect(board.load(BAR)).toBe(0);
      command(board, COMMAND.memory);
      board.store(BAR + 8, 42);
      expect([probe.value, board.load(BAR), probe.card?.bars[0]?.address]).toEqual([42, 42, BAR]);
      command(board, 0);
      expect(probe.card?.bars[0]?.address).toBeUndefined();
    }));

  test("maps a 64-bit BAR above 4 GiB, and nothing where no double can count", () =>
    withCard([], (board, probe) => {
      command(board, COMMAND.memory);
      board.config({ slot: 5 }, 0x18).write(0);
      board.config({ slot: 5 }, 0x1c).write(0x10);
      expect(probe.card?.bars[1]?.address).toBe(0x10_0000_0000);
      expect(board.load(0x10_0000_0000)).toBe(0x77);
      board.config({ slot: 5 }, 0x1c).write(0xffff_ffff);
      expect(probe.card?.bars[1]?.address).toBeUndefined();
    }));

  test("cannot reach memory before it is bus master", () =>
    withCard([], (board, probe) => {
      const into = new Uint8Array(4);
      expect(probe.card?.readMemory(MESSAGE, into)).toBe(false);
      board.store(MESSAGE, 0x0403_0201);
      command(board, COMMAND.master);
      expect(probe.card?.readMemory(MESSAGE, into)).toBe(true);
      expect([...into]).toEqual([1, 2, 3, 4]);
      // A register of 64 bits can name what no number can.
      expect(probe.card?.readMemory(2 ** 63, into)).toBe(true);
      expect(into).toEqual(new Uint8Array(into.length));
      expect(probe.card?.writeMemory(2 ** 63, into)).toBe(true);
    }));

  test("sends messages, keeps masked ones, and lets them go", () =>
    withCard([], (board, probe) => {
      command(board, COMMAND.master);
      const at = probe.card?.findCapability(0x05) ?? 0;
      const capability = (offset: number) => board.config({ slot: 5 }, at + offset);
      capability(4).write(MESSAGE);
      capability(12).write(0x40, 2);
      probe.messages?.send(1);
      expect(board.load(MESSAGE)).toBe(0);
      capability(2).write(0x21, 2);
      probe.messages?.send(3);
      expect(board.load(MESSAGE)).toBe(0x43);
      capability(16).write(0x2);
      probe.messages?.send(1);
      expect([board.load(MESSAGE), capability(20).read()]).toEqual([0x43, 0x2]);
      capability(16).write(0);
      expect([board.load(MESSAGE), capability(20).read()]).toEqual([0x41, 0]);
    }));

  test("drives its pin to an I/O APIC input, unless the guest disabled it", () =>
    withCard([], (board, probe) => {
      const levels: string[] = [];
      board.machine
        .service(SYSTEM_INTERRUPTS)
        .connect((line, level) => line > 0 && levels.push(`${line}${level ? "+" : "-"}`));
      probe.card?.interrupt.set(true);
      // Slot 5, INTA: PIRQF, input 21.
      expect(levels).toEqual(["21+"]);
      expect(board.config({ slot: 5 }, REG.status).read(2) & 0x8).toBe(0x8);
      command(board, COMMAND.interruptDisable);
      command(board, 0);
      probe.card?.interrupt.set(false);
      expect(levels).toEqual(["21+", "21-", "21+", "21-"]);
    }));

  test("lets go of its pin when the guest switches it over to messages", () =>
    withCard([], (board, probe) => {
      const at = probe.card?.findCapability(CAPABILITY.msi) ?? 0;
      expect(at).toBeGreaterThan(0);
      probe.card?.interrupt.set(true);
      board.config({ slot: 5 }, at + 2).write(1, 2);
      expect(board.config({ slot: 5 }, REG.status).read(2) & 0x8).toBe(0);
    }));

  test("is reset with the machine", () =>
    withCard([], (board, probe) => {
      command(board, COMMAND.memory | COMMAND.master);
      board.config({ slot: 5 }, REG.bar0).write(BAR);
      board.machine.reset("host-qmp-system-reset");
      expect([board.config({ slot: 5 }, REG.command).read(2), probe.card?.bars[0]?.address]).toEqual([0, undefined]);
    }));

  test("takes a path that names RAM blocks", () =>
    withBoard(q35("-device", "pcie-root-port,id=rp,addr=4", "-device", "pvpanic-pci,bus=rp,id=x"), (board) => {
      const paths = board.machine
        .service(PCI)
        .functions()
        .map(({ path }) => path);
      expect(paths).toContain("0000:00:1f.0");
      expect(paths).toContain("0000:00:04.0:00.0");
    }));

  test("takes an option ROM from a file, in a RAM block of its own", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "rom-"));
    const file = path.join(folder, "card.rom");
    writeFileSync(file, Uint8Array.of(0x55, 0xaa, 0x03, ...Buffer.alloc(1500)));
    try {
      await withCard(["-device", `edu-card,id=with-rom,addr=6,romfile=${file}`], (board) => {
        const block = board.machine.service(RAM_LIST).byIdstr("0000:00:06.0/edu-card.rom");
        expect([block?.usedLength, block?.migratable]).toEqual([4096, true]);
        const rom = board.config({ slot: 6 }, REG.rom);
        rom.write(0xffff_ffff);
        expect(rom.read()).toBe(0xffff_f801);
        rom.write(BAR + 1);
        board.config({ slot: 6 }, REG.command).write(COMMAND.memory, 2);
        expect(board.load(BAR) & 0xff_ffff).toBe(0x03_aa55);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("mistakes of its author are errors, and nothing of it stays", () =>
    withCard([], async (board, probe) => {
      const { card } = probe;
      const odd = board.regions.io("odd", byteLength(0x30), { read: () => 0, write: () => undefined });
      expect(() => card?.addBar(1, "memory", odd)).toThrow("48 bytes are no power of two");
      expect(() => card?.addBar(0, "memory", odd)).toThrow("declared twice");
      expect(() => card?.addCapability(0x09, 16, 0x44)).toThrow("overlaps existing capability 5");
      expect(board.machine.service(LIFECYCLE).reached).toBe("done");
      const devices = board.machine.service(DEVICES);
      const instance = devices.byId("card");
      if (instance === undefined) throw new Error("no card");
      command(board, COMMAND.memory);
      board.config({ slot: 5 }, REG.bar0).write(BAR);
      expect(board.memory.find(guestAddress(BAR))?.region.name).toBe("edu-mmio");
      await devices.remove(instance);
      expect(board.memory.find(guestAddress(BAR))).toBeUndefined();
      expect(board.config({ slot: 5 }, 0).read()).toBe(0xffff_ffff);
    }));
});
