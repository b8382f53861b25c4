import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { USER_OBJECTS, type Machine, type ObjectDefinition } from "backplane";
import { withMachine } from "backplane/kit";
import { RANDOM_SOURCES, type RandomSource } from "backplane/plugins/rng/contract";
import rng from "../../../plugins/rng/index.ts";

const withObject = <T>(
  object: Partial<ObjectDefinition>,
  use: (source: RandomSource, machine: Machine) => T | Promise<T>,
) =>
  withMachine(
    { with: [rng], objects: [{ type: "rng-builtin", id: "r0", properties: {}, ...object }] },
    async (machine) => {
      const source = machine.service(RANDOM_SOURCES).find("r0");
      if (source === undefined) throw new Error("there is no source");
      return use(source, machine);
    },
  );

const ask = (source: RandomSource, length: number): Promise<Uint8Array> =>
  new Promise((resolve) => source.request(length, resolve));

async function withFile<T>(content: string | undefined, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "backplane-rng-"));
  const file = path.join(folder, "source");
  try {
    if (content === undefined) execFileSync("mkfifo", [file]);
    else writeFileSync(file, content);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the process's own random bytes", () => {
  test("come later, in the order in which they were asked for", () =>
    withObject({}, async (source) => {
      const order: number[] = [];
      const both = [1, 2].map((number) =>
        ask(source, 16 * number).then((bytes) => {
          order.push(number);
          return bytes;
        }),
      );
      expect(order).toEqual([]);
      const [first, second] = await Promise.all(both);
      expect([first?.length, second?.length, order]).toEqual([16, 32, [1, 2]]);
      expect(second?.some((byte) => byte !== 0)).toBe(true);
    }));

  test("that nobody wants any more do not come", () =>
    withObject({}, async (source) => {
      let came = false;
      void source
        .request(16, () => {
          came = true;
        })
        .dispose();
      await ask(source, 1);
      expect(came).toBe(false);
    }));

  test("keep their object while a device takes them", () =>
    withObject({}, async (source, machine) => {
      const objects = machine.service(USER_OBJECTS);
      const claim = source.claim();
      await expect(objects.remove("r0")).rejects.toThrow("object 'r0' is in use, can not be deleted");
      void claim.dispose();
      await objects.remove("r0");
      expect(machine.service(RANDOM_SOURCES).find("r0")).toBeUndefined();
    }));
});

describe("a file of the host", () => {
  const from = (filename: string) => ({ type: "rng-random", properties: { filename } });

  test("gives what it has, piece by piece", () =>
    withFile("0123456789", (file) =>
      withObject(from(file), async (source) => {
        expect(Buffer.from(await ask(source, 4)).toString()).toBe("0123");
        expect(Buffer.from(await ask(source, 100)).toString()).toBe("456789");
      }),
    ));

  test("may be a FIFO that fills when somebody asks", () =>
    withFile(undefined, (file) =>
      withObject(from(file), async (source) => {
        const answer = ask(source, 5);
        writeFileSync(file, "later");
        expect(Buffer.from(await answer).toString()).toBe("later");
      }),
    ));

  test("that cannot be opened is refused", async () => {
    await expect(withObject(from("/nosuch/file"), () => undefined)).rejects.toThrow(
      "Could not open '/nosuch/file': No such file or directory",
    );
    await expect(withObject(from(""), () => undefined)).rejects.toThrow(
      "Parameter 'filename' expects a valid filename",
    );
  });
});
