// Texts and numbers are the peer's.
import { DEVICES, EVENTS } from "backplane";
import { FW_CFG, FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";
import { describe, expect, test } from "vitest";
import { CPUS } from "../../../plugins/x86-cpu/contract.ts";
import { withBoard, type Board } from "../pci/board.ts";

const ARGS = "-machine q35 -nodefaults -display none -smp 1,sockets=1,cores=3,threads=2,maxcpus=6".split(" ");
const TYPE = "qemu64-x86_64-cpu";
/** CPU hot-plug registers. */
const BLOCK = 0xcd8;
const EVENT = 1 << 2;
const GPE0_STATUS = 0x620;

const plug = ({ machine }: Board, properties: { readonly [name: string]: number }, id?: string) =>
  machine.service(DEVICES).create({ driver: TYPE, form: "json", properties, ...(id === undefined ? {} : { id }) });

function refusal(board: Board, properties: { readonly [name: string]: number }): string {
  try {
    plug(board, properties);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

const at = (core: number, thread: number) => ({ "socket-id": 0, "core-id": core, "thread-id": thread });

describe("a processor that is plugged", () => {
  test("must be told a place that is free", () =>
    withBoard(ARGS, (board) => {
      expect(refusal(board, {})).toBe("CPU socket-id is not set");
      expect(refusal(board, { "socket-id": 0 })).toBe("CPU core-id is not set");
      expect(refusal(board, { ...at(1, 0), "socket-id": 5 })).toBe("Invalid CPU socket-id: 5 must be in range 0:0");
      expect(refusal(board, at(7, 0))).toBe("Invalid CPU core-id: 7 must be in range 0:2");
      expect(refusal(board, { ...at(1, 0), "die-id": 1 })).toBe("Invalid CPU die-id: 1 must be in range 0:0");
      expect(refusal(board, at(0, 0))).toBe("CPU[0] with APIC ID 0 exists");
      expect(refusal(board, { "apic-id": 77 })).toBe(
        "Invalid CPU [socket: 9, die: 0, module: 0, core: 2, thread: 1] with APIC ID 77, valid index range 0:5",
      );
      expect(refusal(board, { ...at(1, 0), "node-id": 3 })).toBe("invalid node-id, must be 0");
      expect(refusal(board, at(1, 1))).toBe("accepted");
      expect(refusal(board, { "apic-id": 3 })).toBe("CPU[3] with APIC ID 3 exists");
    }));

  test("must be of the machine's model", () =>
    withBoard(ARGS, ({ machine }) => {
      const create = () => machine.service(DEVICES).create({ driver: "max-x86_64-cpu", properties: at(1, 0) });
      expect(create).toThrow(`Invalid CPU type, expected cpu type: '${TYPE}'`);
    }));

  test("is counted, has an id, and its place is taken", () =>
    withBoard(ARGS, (board) => {
      plug(board, at(2, 0), "more");
      const cpu = board.machine.service(CPUS).possible[4];
      expect([cpu?.present, cpu?.path, cpu?.id]).toEqual([true, "/machine/peripheral/more", "more"]);
      const fwCfg = board.machine.service(FW_CFG);
      fwCfg.select(FW_CFG_KEYS.nbCpus);
      expect([...fwCfg.read(2)]).toEqual([2, 0]);
    }));
});

describe("the guest", () => {
  const enable = (board: Board): void => {
    board.config({ slot: 31 }, 0x40).write(0x601);
    board.config({ slot: 31 }, 0x44).write(0x80, 1);
  };
  const select = (board: Board, index: number): void => board.out(BLOCK, index, 4);
  const flags = (board: Board): number => board.in(BLOCK + 4, 1);

  test("is told of it, finds it, and lets it go when it is asked", () =>
    withBoard(ARGS, async (board) => {
      enable(board);
      // To the newer registers.
      board.out(BLOCK, 0, 4);
      const { device } = plug(board, at(2, 0), "c");
      expect(board.in(GPE0_STATUS, 1) & EVENT).toBe(EVENT);
      board.out(BLOCK + 5, 0, 1);
      expect([board.in(BLOCK + 8, 4), flags(board)]).toEqual([4, 0x03]);
      board.out(BLOCK + 5, 3, 1);
      expect(board.in(BLOCK + 8, 4)).toBe(4);
      board.out(BLOCK + 4, 0x02, 1);
      expect(flags(board)).toBe(0x01);

      device.unplug?.();
      expect(flags(board)).toBe(0x05);
      const told: unknown[] = [];
      board.machine.service(EVENTS).listen(({ name, data }) => told.push([name, data]));
      board.out(BLOCK + 5, 1, 1);
      board.out(BLOCK + 8, 3, 4);
      board.out(BLOCK + 5, 2, 1);
      board.out(BLOCK + 8, 0x80, 4);
      expect(told[0]).toEqual([
        "ACPI_DEVICE_OST",
        { info: { device: "c", source: 3, status: 0x80, slot: "4", "slot-type": "CPU" } },
      ]);
      board.out(BLOCK + 4, 0x08, 1);
      await Promise.resolve();
      expect(board.machine.service(CPUS).possible[4]?.present).toBe(false);
    }));

  test("cannot let the first one go, and none before it knows the newer registers", () =>
    withBoard(ARGS, (board) => {
      const [first] = board.machine
        .service(DEVICES)
        .all()
        .filter(({ context }) => context.type.name === TYPE);
      expect(() => first?.device.unplug?.()).toThrow("Boot CPU is unpluggable");
      const { device } = plug(board, at(2, 1));
      expect(() => device.unplug?.()).toThrow(`acpi: device unplug request for not supported device type: ${TYPE}`);
      select(board, 0);
      board.out(BLOCK + 4, 0x08, 1);
      expect(board.machine.service(CPUS).possible[0]?.present).toBe(true);
    }));
});
