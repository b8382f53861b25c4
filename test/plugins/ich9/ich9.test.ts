import { describe, expect, test } from "vitest";
import { CLOCK, COMMANDS, EVENTS } from "backplane";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { ICH9 } from "backplane/plugins/ich9/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const lpc = { slot: 31 };
const PM = 0x600;
const APM = 0xb2;

function enablePm(board: Board): void {
  board.config(lpc, 0x40).write(0x601);
  board.config(lpc, 0x44).write(0x80, 1);
}

describe("power management", () => {
  test("is decoded where PMBASE says once it is enabled", () =>
    withBoard(q35(), (board) => {
      const ich9 = board.machine.service(ICH9);
      expect([ich9.pmBase, ich9.gpe0.base]).toEqual([0, 0x20]);
      board.config(lpc, 0x40).write(0x601);
      expect(ich9.pmBase).toBe(0);
      board.config(lpc, 0x44).write(0x80, 1);
      expect([ich9.pmBase, ich9.gpe0.base]).toEqual([PM, PM + 0x20]);
    }));

  test("the timer counts 3.579545 MHz of virtual time in 24 bits", () =>
    withBoard(q35(), (board) => {
      enablePm(board);
      const clock = board.machine.service(CLOCK);
      const before = board.in(PM + 8);
      clock.advance(1_000_000_000);
      expect(board.in(PM + 8) - before).toBe(3_579_545);
      // As after power-on: until the system has seen it.
      expect(board.in(PM, 2) & 1).toBe(1);
      board.out(PM, 1, 2);
      expect(board.in(PM, 2) & 1).toBe(0);
      clock.advance(4_000_000_000);
      expect(board.in(PM, 2) & 1).toBe(1);
      board.out(PM, 1, 2);
      expect(board.in(PM, 2) & 1).toBe(0);
    }));

  test("events raise the SCI when they are enabled", () =>
    withBoard(q35(), (board) => {
      enablePm(board);
      const levels: boolean[] = [];
      board.machine.service(SYSTEM_INTERRUPTS).connect((line, level) => line === 9 && levels.push(level));
      board.machine.service(ICH9).raiseEvent(1);
      expect([levels, board.in(PM + 0x20, 1)]).toEqual([[], 0x02]);
      board.out(PM + 0x28, 0x02, 1);
      expect(levels).toEqual([true]);
      board.out(PM + 0x20, 0x02, 1);
      expect(levels).toEqual([true, false]);
    }));

  test("ACPI mode is switched at the SMI port, other commands are for the processors", () =>
    withBoard(q35(), (board) => {
      enablePm(board);
      const commands: number[] = [];
      board.machine.service(ICH9).onSmi((command) => commands.push(command));
      board.out(APM, 2, 1);
      expect(board.in(PM + 4, 2) & 1).toBe(1);
      board.out(APM, 3, 1);
      expect(board.in(PM + 4, 2) & 1).toBe(0);
      board.out(APM, 0x42, 1);
      board.out(PM + 0x30, 0x21);
      board.out(APM, 0x43, 1);
      expect(commands).toEqual([0x43]);
      expect(board.in(APM, 1)).toBe(0x43);
    }));

  test("soft off ends the machine", () =>
    withBoard(q35(), async (board) => {
      enablePm(board);
      board.out(PM + 4, 0x2000, 2);
      expect(await board.machine.finished).toBe("guest-shutdown");
    }));

  test("without SMM, ACPI mode is on and SMI was enabled", () =>
    withBoard(q35("-machine", "smm=off"), (board) => {
      enablePm(board);
      expect([board.in(PM + 4, 2), board.in(PM + 0x30)]).toEqual([1, 0x20]);
    }));

  test("the watchdog resets the machine the second time it runs out", () =>
    withBoard(q35(), (board) => {
      enablePm(board);
      board.config(lpc, 0xf0).write(0xfed1_c001);
      board.store(0xfed1_c000 + 0x3410, 0);
      const clock = board.machine.service(CLOCK);
      const events: string[] = [];
      board.machine.service(EVENTS).listen(({ name }) => events.push(name));
      board.out(PM + 0x60, 1, 2);
      clock.advance(3_000_000_000);
      expect([board.in(PM + 0x64, 2) & 8, events]).toEqual([8, []]);
      clock.advance(3_000_000_000);
      expect(events).toEqual(["WATCHDOG", "RESET"]);
      enablePm(board);
      expect(board.in(PM + 0x66, 2)).toBe(0x6);
    }));
});

describe("negotiation of SMI features", () => {
  const request = (board: Board, features: number): number => {
    const fwCfg = board.machine.service(FW_CFG);
    const requested = Uint8Array.of(features, 0, 0, 0, 0, 0, 0, 0);
    fwCfg.file("etc/smi/requested-features")?.update(requested);
    fwCfg.select(fwCfg.file("etc/smi/features-ok")?.key ?? 0);
    return fwCfg.read(1)[0] ?? 0;
  };

  test("agrees to what was offered, once", () =>
    withBoard(q35(), (board) => {
      const fwCfg = board.machine.service(FW_CFG);
      fwCfg.select(fwCfg.file("etc/smi/features-ok")?.key ?? 0);
      expect(fwCfg.read(1)).toEqual(Uint8Array.of(1));
      expect(board.machine.service(ICH9).smiFeatures).toBe(0);
      expect(request(board, 0)).toBe(1);
    }));
});

describe("reset", () => {
  test("by the reset register", () =>
    withBoard(q35(), (board) => {
      const events: unknown[] = [];
      board.machine.service(EVENTS).listen(({ name, data }) => events.push([name, data]));
      board.out(0xcf9, 0x02, 1);
      expect([board.in(0xcf9, 1), events]).toEqual([0x02, []]);
      board.out(0xcf9, 0x06, 1);
      expect(events).toEqual([["RESET", { guest: true, reason: "guest-reset" }]]);
    }));

  test("puts everything back", () =>
    withBoard(q35(), (board) => {
      enablePm(board);
      board.config(lpc, 0xf0).write(0xfed1_c001);
      board.config(lpc, 0x60).write(0x0b0b_0a0a);
      const before = board.view(board.memory).length;
      board.machine.reset("host-qmp-system-reset");
      expect(board.machine.service(ICH9).pmBase).toBe(0);
      expect(board.config(lpc, 0x60).read()).toBe(0x8080_8080);
      expect(board.view(board.memory).length).toBe(before - 1);
    }));
});

describe("hot-plug registers", () => {
  const machine = q35(
    "-m",
    "256M,slots=2,maxmem=1G",
    "-smp",
    "1,maxcpus=3",
    "-object",
    "memory-backend-ram,id=m0,size=128M",
    "-device",
    "pc-dimm,memdev=m0,id=d0",
  );
  const MEMORY = 0xa00;
  const CPU = 0xcd8;

  test("memory slots show what is plugged and pass the guest's reports on", () =>
    withBoard(machine, (board) => {
      const events: unknown[] = [];
      board.machine.service(EVENTS).listen(({ data }) => events.push(data));
      const read = (): number[] => [0, 4, 8, 12, 16, 20].map((at) => board.in(MEMORY + at));
      expect(read()).toEqual([0, 1, 0x800_0000, 0, 0, 1]);
      board.out(MEMORY + 4, 1);
      board.out(MEMORY + 8, 2);
      board.out(MEMORY, 1);
      expect(read()).toEqual([0, 0, 0, 0, 0, 0]);
      expect(events).toEqual([{ info: { device: "d0", source: 1, status: 2, slot: "0", "slot-type": "DIMM" } }]);
      expect(board.machine.service(ICH9).memoryHotplug).toEqual({ base: MEMORY, length: 24 });
    }));

  test("an NVDIMM's slot looks empty, to the guest and to query-acpi-ospm-status", () =>
    withBoard(
      q35(
        ..."-machine nvdimm=on -m 256M,slots=2,maxmem=1G".split(" "),
        ..."-object memory-backend-ram,id=m0,size=128M -device nvdimm,memdev=m0,id=n0".split(" "),
        ..."-object memory-backend-ram,id=m1,size=128M -device pc-dimm,memdev=m1,id=d1".split(" "),
      ),
      async (board) => {
        const read = (): number[] => [0, 4, 8, 12, 16, 20].map((at) => board.in(MEMORY + at));
        expect(read()).toEqual([0, 0, 0, 0, 0, 0]);
        const command = board.machine.service(COMMANDS).find("query-acpi-ospm-status");
        const slot = { source: 0, status: 0, "slot-type": "DIMM" };
        expect(await command?.run({}, { id: "test", onClose: () => ({ dispose: () => undefined }) })).toEqual([
          { ...slot, slot: "0" },
          { ...slot, slot: "1", device: "d1" },
        ]);
      },
    ));

  test("processors are a bitmap until the guest writes zero, then a block", () =>
    withBoard(machine, (board) => {
      expect(board.in(CPU)).toBe(1);
      board.out(CPU, 0);
      board.out(CPU, 2);
      expect([board.in(CPU + 4, 1), board.in(CPU + 8)]).toEqual([0, 2]);
      board.out(CPU + 5, 3, 1);
      expect(board.in(CPU + 8)).toBe(2);
      board.out(CPU, 9);
      expect([board.in(CPU + 4, 1), board.in(CPU + 8)]).toEqual([0, 0]);
    }));

  test("without slots there is no memory block", () =>
    withBoard(q35(), (board) => {
      expect([board.machine.service(ICH9).memoryHotplug, board.in(MEMORY)]).toEqual([undefined, 0xffff_ffff]);
    }));
});
