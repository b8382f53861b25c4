import { expect, test } from "vitest";
import { EVENTS, RUN_STATES } from "backplane";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { PVPANIC } from "backplane/plugins/pvpanic/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const events = (board: Board): unknown[] => {
  const seen: unknown[] = [];
  board.machine.service(EVENTS).listen(({ name, data }) => seen.push(data === undefined ? name : [name, data]));
  return seen;
};

test("tells the firmware its port, and the guest what it understands", () =>
  withBoard(q35("-device", "pvpanic,events=3"), (board) => {
    expect(board.machine.service(PVPANIC).ports).toEqual([0x505]);
    const fwCfg = board.machine.service(FW_CFG);
    fwCfg.select(fwCfg.file("etc/pvpanic-port")?.key ?? 0);
    expect([...fwCfg.read(2)]).toEqual([0x05, 0x05]);
    expect(board.in(0x505, 1)).toBe(3);
  }));

test("a panic stops the machine", () =>
  withBoard(q35("-device", "pvpanic"), async (board) => {
    const seen = events(board);
    board.machine.cont();
    board.out(0x505, 1, 1);
    expect(board.machine.service(RUN_STATES).current).toBe("guest-panicked");
    expect(await board.machine.finished).toBe("guest-panic");
    expect(seen).toContainEqual(["GUEST_PANICKED", { action: "poweroff" }]);
  }));

test("a loaded crash kernel and a shutdown are reported", () =>
  withBoard(q35("-device", "pvpanic"), async (board) => {
    const seen = events(board);
    board.out(0x505, 2, 1);
    expect(seen).toEqual([["GUEST_CRASHLOADED", { action: "run" }]]);
    board.out(0x505, 4, 1);
    expect(await board.machine.finished).toBe("guest-shutdown");
  }));

test.each([
  ["none", "run", "running"],
  ["pause", "pause", "guest-panicked"],
])("-action panic=%s", (action, told, state) =>
  withBoard(q35("-device", "pvpanic-pci,addr=5", "-action", `panic=${action}`), (board) => {
    const seen = events(board);
    board.machine.cont();
    board.config({ slot: 5 }, 0x10).write(0xe000_0000);
    board.config({ slot: 5 }, 0x04).write(2, 2);
    board.store(0xe000_0000, 1, 1);
    expect(seen).toContainEqual(["GUEST_PANICKED", { action: told }]);
    expect(board.machine.service(RUN_STATES).current).toBe(state);
    expect(board.machine.leaving).toBeUndefined();
  }),
);
