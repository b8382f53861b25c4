import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { COMMANDS, type JsonObject, type JsonValue, type LogRecord, type Machine } from "backplane";
import { withMachine, type TestMachineOptions } from "backplane/kit";
import { BLOCK, type BlockNode } from "backplane/plugins/block/contract";
import { VFIO_HELPERS, type VfioHelpers } from "backplane/plugins/vfio-helpers/contract";
import block from "../../../plugins/block/index.ts";
import vfioHelpers from "../../../plugins/vfio-helpers/index.ts";

export const ADDRESS = "0000:01:00.0";
export const KiB = 1024;
export const MiB = 1024 * KiB;

export interface VfioBench {
  readonly machine: Machine;
  readonly log: readonly LogRecord[];
  readonly vfio: VfioHelpers;
  readonly run: (command: string, args?: JsonObject) => Promise<JsonValue | void>;
  /** Opens namespace 1 as the node `nvme`. */
  readonly open: (options?: JsonObject) => Promise<BlockNode>;
  /** The file behind namespace 1. */
  readonly file: string;
  readonly medium: () => Uint8Array;
}

export interface VfioBenchOptions {
  /** Bytes of the file; default 1 MiB of a pattern. */
  readonly image?: Uint8Array;
  /** Beyond kind, address and namespaces. */
  readonly controller?: JsonObject;
  readonly namespace?: JsonObject;
  /** Beyond devices. */
  readonly vfio?: JsonObject;
  readonly machine?: TestMachineOptions;
}

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

/** The definition's key for one controller with one namespace in a file. */
export function vfioKey(file: string, options: VfioBenchOptions = {}): JsonObject {
  const namespaces = [{ file, ...options.namespace }];
  const device = { kind: "nvme", address: ADDRESS, namespaces, ...options.controller };
  return { devices: [device], ...options.vfio };
}

/** A folder with an image, for as long as the test runs. */
export async function withImage<T>(image: Uint8Array, test: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "vfio-"));
  const file = path.join(folder, "disk.img");
  writeFileSync(file, image);
  try {
    return await test(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a test machine needs to have VFIO with a controller. */
export function vfioMachine(file: string, options: VfioBenchOptions = {}): TestMachineOptions {
  const { with: others = [], options: keys = {}, ...rest } = options.machine ?? {};
  return {
    ...rest,
    with: [block, vfioHelpers, ...others],
    options: { ...keys, "vfio-helpers": { value: vfioKey(file, options) } },
  };
}

export function withVfio<T>(options: VfioBenchOptions, test: (bench: VfioBench) => Promise<T> | T): Promise<T> {
  return withImage(options.image ?? pattern(MiB), (file) =>
    withMachine(vfioMachine(file, options), (machine, log) => test(benchOf(machine, log, file))),
  );
}

export function benchOf(machine: Machine, log: readonly LogRecord[], file: string): VfioBench {
  const run = async (command: string, args: JsonObject = {}): Promise<JsonValue | void> => {
    const found = machine.service(COMMANDS).find(command);
    if (found === undefined) throw new Error(`no command ${command}`);
    return found.run(args, client);
  };
  return {
    machine,
    log,
    vfio: machine.service(VFIO_HELPERS),
    run,
    file,
    medium: () => readFileSync(file),
    async open(options = {}) {
      const name = { driver: "nvme", "node-name": "nvme", device: ADDRESS, namespace: 1 };
      await run("blockdev-add", { ...name, ...options });
      return nodeOf(machine, "nvme");
    },
  };
}

export function nodeOf(machine: Machine, name: string): BlockNode {
  const node = machine.service(BLOCK).node(name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
}

/** Bytes that differ from their neighbours. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * 3 + seed) & 0xff);
}
