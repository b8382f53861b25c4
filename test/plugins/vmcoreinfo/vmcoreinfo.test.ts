import { expect, test } from "vitest";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { VMCOREINFO } from "backplane/plugins/vmcoreinfo/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const GUEST_BUFFER = 0x8000;
const REQUEST = 0x7000;
const WRITE = 0x10;
const SELECT = 0x08;

/** The guest writes into the file as its driver does: by DMA. */
function writeFile(board: Board, bytes: Uint8Array): void {
  const key = board.machine.service(FW_CFG).file("etc/vmcoreinfo")?.key ?? 0;
  for (const [index, byte] of bytes.entries()) board.store(GUEST_BUFFER + index, byte, 1);
  const request = new DataView(new ArrayBuffer(16));
  request.setUint32(0, (key << 16) | SELECT | WRITE);
  request.setUint32(4, bytes.length);
  request.setUint32(12, GUEST_BUFFER);
  for (let index = 0; index < 16; index++) board.store(REQUEST + index, request.getUint8(index), 1);
  board.out(0x518, Buffer.from([0, 0, REQUEST >> 8, 0]).readUInt32LE(0));
}

test("what the guest has written is known until the machine is reset", () =>
  withBoard(q35("-device", "vmcoreinfo"), (board) => {
    const info = board.machine.service(VMCOREINFO);
    expect(info.note).toBeUndefined();
    writeFile(board, Uint8Array.of(1, 0, 1, 0, 0, 0, 0x10, 0, 0, 0xff, 0xff, 0xff, 1, 0, 0, 0));
    expect(info.note).toEqual({ hostFormat: 1, guestFormat: 1, size: 0x10_0000, address: 0x1_ffff_ff00n });
    board.machine.reset("host-qmp-system-reset");
    expect(info.note).toBeUndefined();
  }));

test("half a note, and one of no format, are none", () =>
  withBoard(q35("-device", "vmcoreinfo"), (board) => {
    const info = board.machine.service(VMCOREINFO);
    writeFile(board, Uint8Array.of(1, 0, 1, 0));
    expect(info.note).toBeUndefined();
    writeFile(board, new Uint8Array(16));
    expect(info.note).toBeUndefined();
  }));

test("there is one at most", async () => {
  await expect(withBoard(q35("-device", "vmcoreinfo", "-device", "vmcoreinfo"), () => undefined)).rejects.toThrow(
    "at most one vmcoreinfo device is permitted",
  );
});
