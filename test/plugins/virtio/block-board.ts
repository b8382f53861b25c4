import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { COMMANDS, type AnyPlugin, type JsonObject, type JsonValue, type MachineDefinition } from "backplane";
import { BLOCK_RAM_REGISTRARS, type BlockRAMRegistrar } from "backplane/plugins/block-ram-registrar/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { BlockTestDriver, type DriverOptions } from "./block-driver.ts";

export interface DiskOptions extends DriverOptions {
  /** Of `-device virtio-blk-pci`, behind what is always there. */
  readonly device?: string;
  readonly type?: string;
  /** Instead of the file: the options of `-blockdev`, whose name is `n`. */
  readonly node?: string;
  readonly content?: Uint8Array;
  readonly args?: readonly string[];
  readonly options?: MachineDefinition["options"];
  readonly plugins?: readonly AnyPlugin[];
}

export interface DiskBench {
  readonly board: Board;
  readonly driver: BlockTestDriver;
  /** Of the disk. */
  readonly registrar: BlockRAMRegistrar;
  /** What the image's file holds. */
  readonly image: () => Uint8Array;
  readonly run: (command: string, args?: JsonObject) => Promise<JsonValue | void>;
}

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

/** A machine with a disk on a file, and a driver that has started. */
export async function withDisk<T>(options: DiskOptions, test: (bench: DiskBench) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "virtio-blk-"));
  const file = path.join(folder, "disk.img");
  writeFileSync(file, options.content ?? new Uint8Array(64 * 1024));
  const { node = `raw,discard=unmap,file.driver=file,file.filename=${file}`, device = "", args = [] } = options;
  const { type = "virtio-blk-pci" } = options;
  const disk = ["-device", `${type},drive=n,id=v,addr=1${device}`];
  try {
    return await withBoard(
      q35("-blockdev", `driver=${node},node-name=n`, ...disk, ...args),
      async (board) => {
        const [registrar] = board.machine.service(BLOCK_RAM_REGISTRARS).all();
        if (registrar === undefined) throw new Error("the disk has no registrar");
        const driver = new BlockTestDriver(board, options).start();
        const bench: DiskBench = {
          board,
          driver,
          registrar,
          image: () => readFileSync(file),
          run: async (command, given = {}) => {
            const found = board.machine.service(COMMANDS).find(command);
            if (found === undefined) throw new Error(`no command ${command}`);
            return found.run(given, client);
          },
        };
        try {
          return await test(bench);
        } finally {
          driver.stop();
        }
      },
      options.plugins,
      options.options,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bytes that differ from their neighbours, and from sector to sector. */
export function pattern(length: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 9) * 13 + salt) & 0xff);
}

export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for something that becomes true by itself. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await tick();
}
