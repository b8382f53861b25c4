import { RUN_STATES } from "backplane";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadAcpiGolden, type AcpiGolden } from "../../peer/golden.ts";
import { bootGolden } from "./run.ts";

const NAMES = ["etc/acpi/rsdp", "etc/acpi/tables", "etc/table-loader", "etc/vmgenid_addr", "etc/e820", "missing", ""];
const word = fc.oneof(fc.integer({ min: 0, max: 64 }), fc.constantFrom(0x1_ffff, 0x2_0000, 0x7fff_ffff, 0xffff_ffff));

/** Commands that are nearly right: those reach deepest. */
const command = fc
  .record({
    code: fc.oneof(fc.integer({ min: 0, max: 5 }), word),
    first: fc.constantFrom(...NAMES),
    second: fc.constantFrom(...NAMES),
    words: fc.tuple(word, word, word),
    size: fc.constantFrom(0, 1, 2, 3, 4, 8, 255),
  })
  .map(({ code, first, second, words, size }) => {
    const bytes = Buffer.alloc(128);
    bytes.writeUInt32LE(code >>> 0);
    bytes.write(first, 4);
    if (code === 1 || code === 3) {
      for (const [at, value] of words.entries()) bytes.writeUInt32LE(value >>> 0, 60 + at * 4);
      if (code === 1) bytes.writeUInt8(size & 3, 64);
      return bytes;
    }
    bytes.write(second, 60);
    bytes.writeUInt32LE(words[0] >>> 0, 116);
    bytes.writeUInt32LE(words[1] >>> 0, 120);
    bytes.writeUInt8(size, code === 4 ? 124 : 120);
    return bytes;
  });

function withFile(golden: AcpiGolden, name: string, bytes: Uint8Array): AcpiGolden {
  const data = Buffer.from(bytes).toString("base64");
  return {
    ...golden,
    fwCfg: golden.fwCfg.map((entry) => (entry.name === name ? { ...entry, size: bytes.length, data } : entry)),
  };
}

async function expectHalt(golden: AcpiGolden, change: Parameters<typeof bootGolden>[2] = {}): Promise<void> {
  await bootGolden(
    golden,
    ({ events, machine }) => {
      expect(events.at(-1)?.kind).toBe("halted");
      expect(machine.service(RUN_STATES).current).not.toBe("internal-error");
    },
    change,
  );
}

describe("whatever the machine hands over, the firmware halts and nothing throws", () => {
  const golden = loadAcpiGolden("vmgenid");

  test("loader scripts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 32 }), (commands) =>
        expectHalt(golden, { blobs: { "etc/table-loader": Buffer.concat([...commands, Buffer.alloc(128)]) } }),
      ),
      { numRuns: 60 },
    );
  });

  test("bytes for scripts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 700 }), (bytes) =>
        expectHalt(golden, { blobs: { "etc/table-loader": bytes } }),
      ),
      { numRuns: 30 },
    );
  });

  test.each(["etc/e820", "etc/smbios/smbios-tables", "etc/smbios/smbios-anchor", "etc/boot-fail-wait"])(
    "%s",
    async (name) => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => expectHalt(withFile(golden, name, bytes))),
        { numRuns: 20 },
      );
    },
  );
});

describe("configuration space that answers nonsense", () => {
  const golden = loadAcpiGolden("q35-256m");
  const answers: readonly [name: string, answer: (address: number, size: number) => number][] = [
    ["zeros", () => 0],
    ["bridges everywhere, which keep no bits", (address) => ((address & 0xff) === 0x0a ? 0x0604 : 0x0604_0604)],
    ["its own address", (address) => address >>> 0],
    ["noise", (address) => Math.imul(address ^ (address >>> 7), 0x9e37_79b1) >>> 0],
  ];

  test.each(answers)("%s", async (_name, answer) => {
    await expectHalt(golden, { configuration: answer });
  });
});
