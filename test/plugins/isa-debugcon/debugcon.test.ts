import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { q35, withBoard } from "../pci/board.ts";

const folder = mkdtempSync(path.join(tmpdir(), "debugcon-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("bytes of the guest go to the character device", async () => {
  const file = path.join(folder, "log");
  const chardev = [
    "-chardev",
    `file,id=log,path=${file}`,
    "-device",
    "isa-debugcon,iobase=0x402,chardev=log,readback=0x55",
  ];
  await withBoard(q35(...chardev), (board) => {
    expect(board.in(0x402, 1)).toBe(0x55);
    for (const byte of Buffer.from("hello\n")) board.out(0x402, byte, 1);
  });
  expect(readFileSync(file, "utf8")).toBe("hello\n");
});

test("two devices cannot share one", () =>
  expect(
    withBoard(
      q35(
        "-chardev",
        "null,id=log",
        "-device",
        "isa-debugcon,chardev=log",
        "-device",
        "isa-debugcon,iobase=0xea,chardev=log",
      ),
      () => undefined,
    ),
  ).rejects.toThrow("Property 'isa-debugcon.chardev' can't take value 'log', it's in use"));
