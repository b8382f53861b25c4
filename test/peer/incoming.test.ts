// The peer takes what we send: it loads our stream, and its memory is what ours was.
import { describe, expect, test } from "vitest";
import { BLOCK_ACCESS, RAM_LIST } from "backplane";
import { withRig, type Rig } from "../plugins/migration/rig.ts";
import type { Json } from "./golden.ts";
import { Peer } from "./peer.ts";

const ARGS = ["-machine", "none", "-m", "64M", "-nodefaults", "-display", "none"];

function write(rig: Rig, offset: number, bytes: Uint8Array): void {
  const block = rig.machine.service(RAM_LIST).byIdstr("ram");
  if (block === undefined) throw new Error("no main memory");
  rig.machine.service(BLOCK_ACCESS).write(block, offset, bytes);
}

/** Loads a stream into a new peer and gives the memory that it then has. */
async function load(file: string): Promise<Buffer | undefined> {
  const peer = await Peer.start([...ARGS, "-incoming", `exec:cat ${file}`]);
  try {
    let status: Json = null;
    while (status !== "completed" && status !== "failed") {
      ({ status = null } = (await peer.execute("query-migrate")) as { [key: string]: Json });
    }
    expect(status).toBe("completed");
    return await peer.readBlock("ram");
  } finally {
    await peer.close();
  }
}

describe("the peer", () => {
  test("loads the stream of an empty machine", () =>
    withRig({}, async (rig) => {
      await rig.migrate(`file:${rig.file("stream")}`);
      expect((await load(rig.file("stream")))?.every((byte) => byte === 0)).toBe(true);
    }));

  test("has the memory that the machine had", () =>
    withRig({}, async (rig) => {
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
      write(rig, 0x1234, bytes);
      write(rig, 0x3f00000, bytes);
      await rig.migrate(`file:${rig.file("stream")}`);
      const memory = await load(rig.file("stream"));
      expect(memory?.subarray(0x1234, 0x1234 + bytes.length).equals(bytes)).toBe(true);
      expect(memory?.subarray(0x3f00000, 0x3f00000 + bytes.length).equals(bytes)).toBe(true);
      expect(memory?.subarray(0x200000, 0x3f00000).every((byte) => byte === 0)).toBe(true);
    }));
});
