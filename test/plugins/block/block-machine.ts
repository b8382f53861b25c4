import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkArguments, COMMANDS, type JsonObject, type JsonValue, type Machine } from "backplane";
import { withMachine } from "backplane/kit";
import { BLOCK, type Block, type BlockNode } from "backplane/plugins/block/contract";
import block from "../../../plugins/block/index.ts";

/** A machine with a block layer and nothing else, and a folder for images. */
export interface BlockBench {
  readonly machine: Machine;
  readonly block: Block;
  /** Makes an image, and returns its path. */
  readonly image: (name: string, bytes: Uint8Array) => string;
  readonly pathOf: (name: string) => string;
  readonly run: (command: string, args?: JsonObject) => Promise<JsonValue | void>;
  readonly node: (name: string) => BlockNode;
}

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

export async function withBlock<T>(options: JsonObject, test: (bench: BlockBench) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "block-"));
  const pathOf = (name: string): string => path.join(folder, name);
  try {
    return await withMachine({ with: [block], options: { block: { value: options } } }, (machine) => {
      const layer = machine.service(BLOCK);
      return test({
        machine,
        block: layer,
        pathOf,
        image(name, bytes) {
          writeFileSync(pathOf(name), bytes);
          return pathOf(name);
        },
        run: async (command, args = {}) => {
          const found = machine.service(COMMANDS).find(command);
          if (found === undefined) throw new Error(`no command ${command}`);
          return found.run(checkArguments(found.arguments, args), client);
        },
        node(name) {
          const found = layer.node(name);
          if (found === undefined) throw new Error(`no node ${name}`);
          return found;
        },
      });
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bytes that differ from their neighbours. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}
