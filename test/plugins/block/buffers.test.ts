import { expect, test } from "vitest";
import { disposable, type HostAddress, type HostMemory } from "backplane";
import type { BlockBuffer, BlockDriver } from "backplane/plugins/block/contract";
import { withBlock } from "./block-machine.ts";

const buffer: BlockBuffer = { host: 0x1000 as HostAddress, length: 4096, memory: {} as HostMemory };

/** A driver of a third party that takes so many buffers, and keeps count. */
function countingDriver(limit: number): { readonly driver: BlockDriver; readonly held: () => number } {
  let held = 0;
  const node = {
    length: 4096,
    filename: undefined,
    read: () => Promise.resolve(undefined),
    write: () => Promise.resolve(undefined),
    registerBuffer: () => {
      if (held === limit) throw new Error("no more buffers");
      held++;
      return disposable(() => {
        held--;
      });
    },
  };
  return {
    driver: { name: "null-co", children: [], identifying: [], open: () => node },
    held: () => held,
  };
}

test("memory is announced to every node below, and taken back from all", () =>
  withBlock({}, async ({ block, node, run }) => {
    const { driver, held } = countingDriver(1);
    block.addDriver(driver);
    await run("blockdev-add", { driver: "raw", "node-name": "top", file: { driver: "null-co" } });
    const taken = node("top").registerBuffer(buffer);
    expect(held()).toBe(1);
    expect(() => node("top").registerBuffer(buffer)).toThrow("no more buffers");
    expect(held()).toBe(1);
    await taken.dispose();
    expect(held()).toBe(0);
  }));
