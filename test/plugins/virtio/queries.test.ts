import { expect, test } from "vitest";
import { COMMANDS, type JsonObject, type JsonValue } from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { withDisk } from "./block-board.ts";
import { DATA } from "./block-driver.ts";

const PATH = "/machine/peripheral/v/virtio-backend";
const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

async function query(board: Board, command: string, args: JsonObject = {}): Promise<JsonValue | void> {
  const found = board.machine.service(COMMANDS).find(command);
  if (found === undefined) throw new Error(`no command ${command}`);
  return found.run(args, client);
}

const human = (board: Board, line: string): Promise<string> => board.machine.service(HUMAN_COMMANDS).execute(line);

test("a disk with a driver is told with what was negotiated", () =>
  withDisk({ eventIndex: true }, async ({ board }) => {
    expect(await query(board, "x-query-virtio")).toEqual([{ path: PATH, name: "virtio-blk" }]);
    expect(await query(board, "x-query-virtio-status", { path: PATH })).toMatchObject({
      name: "virtio-blk",
      "device-id": 2,
      started: true,
      "start-on-kick": false,
      broken: false,
      status: {
        statuses: [
          "VIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found",
          "VIRTIO_CONFIG_S_DRIVER: Guest OS compatible with device",
          "VIRTIO_CONFIG_S_FEATURES_OK: Feature negotiation complete",
          "VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready",
        ],
      },
      "guest-features": {
        transports: [
          "VIRTIO_RING_F_EVENT_IDX: Used & avail. event fields enabled",
          "VIRTIO_F_VERSION_1: Device compliant for v1 spec (legacy)",
        ],
      },
    });
  }));

test("a queue tells how far it is, and the chain that was given it", () =>
  withDisk({ size: 16 }, async ({ board, driver }) => {
    await driver.read(3, DATA, 512);
    await driver.read(4, DATA, 512);
    const status = await query(board, "x-query-virtio-queue-status", { path: PATH, queue: 0 });
    expect(status).toMatchObject({
      inuse: 0,
      "vring-num": 16,
      "vring-num-default": 256,
      "last-avail-idx": 2,
      "shadow-avail-idx": 2,
      "used-idx": 2,
    });
    const element = await query(board, "x-query-virtio-queue-element", { path: PATH, queue: 0, index: 1 });
    expect(element).toMatchObject({
      name: "virtio-blk",
      avail: { idx: 2 },
      used: { idx: 2 },
      // From the chain's end: the status, the data, the request's head.
      descs: [
        { len: 1, flags: ["write"] },
        { addr: BigInt(DATA), len: 512, flags: ["write", "next"] },
        { len: 16, flags: ["next"] },
      ],
    });
    expect(await human(board, `info virtio-queue-status ${PATH} 0`)).toContain(
      "  last_avail_idx:       2\n  shadow_avail_idx:     2\n  VRing:\n    num:          16\n",
    );
    expect(await human(board, `info virtio-queue-element ${PATH} 0 1`)).toContain(" len 512 (write, next),\n");
  }));

test.each([
  ["x-query-virtio-status", { path: "/nope" }, "Path /nope is not a realized VirtIODevice"],
  ["x-query-virtio-queue-status", { path: "/nope", queue: 0 }, "Path /nope is not a VirtIODevice"],
  ["x-query-virtio-queue-status", { path: PATH, queue: 7 }, "Invalid virtqueue number 7"],
  ["x-query-virtio-queue-element", { path: "x", queue: 0 }, "Path x is not a VirtIO device"],
  ["x-query-virtio-queue-element", { path: PATH, queue: 0 }, "Region caches not initialized"],
  ["x-query-virtio-vhost-queue-status", { path: PATH, queue: 0 }, "Error: vhost device has not started yet"],
])("%s of %o is refused", (command, args, message) =>
  withBoard(q35("-device", "virtio-keyboard-pci,id=v"), async (board) => {
    await expect(query(board, command, args)).rejects.toThrow(message);
  }),
);

test("a machine without virtio devices says so", () =>
  withBoard(q35(), async (board) => {
    await expect(query(board, "x-query-virtio")).rejects.toThrow("No virtio devices found");
  }));

test("a device that was unplugged is no longer told, and one that is plugged is", () =>
  withBoard(q35("-device", "virtio-keyboard-pci,id=v"), async (board) => {
    expect(await human(board, "info virtio")).toBe(`${PATH} [virtio-input]\n`);
    expect(await human(board, `info virtio-status ${PATH}`)).toContain("  bus_name:                (null)\n");
  }));

test("more vectors than a table has come to none, with a warning", () =>
  withBoard(q35("-device", "virtio-keyboard-pci,id=v,vectors=2049"), async (board) => {
    expect(await human(board, "info qtree")).toContain("vectors = 0 (0x0)");
  }));

test("the device behind a card takes no value", async () => {
  await expect(withBoard(q35("-device", "virtio-keyboard-pci,virtio-backend=x"), () => undefined)).rejects.toThrow(
    "Property 'virtio-keyboard-pci.virtio-backend' is not writable",
  );
});
