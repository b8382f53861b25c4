import fc from "fast-check";
import { BLOCK_ACCESS, guestAddress, SYSTEM_MEMORY } from "backplane";
import { HUMAN_COMMANDS, h } from "backplane/plugins/hmp/contract";
import { describe, expect, test } from "vitest";
import { humanAnswer, loadHmpGolden } from "../../peer/hmp-golden.ts";
import { withHumanMachine, writeFirmwareEnd } from "./machine.ts";

const Q35 = ["-machine", "q35", "-nodefaults"];
const NONE = ["-machine", "none", "-nodefaults"];

describe("memory", () => {
  const golden = loadHmpGolden();
  const lines = golden.machines
    .filter(({ name }) => name === "q35")
    .flatMap(({ phases }) => phases.filter(({ phase }) => phase === "start"))
    .flatMap(({ answers }) => answers.map(({ line }) => line))
    .filter((line) => /^xp\/\S+ 0xf{3,7}|^sum 0xffff0 16/.test(line));
  /** What stands at the very end of the peer's firmware. */
  const bytes = humanAnswer(golden, "q35", "start", "xp/16xb 0xfffffff0")
    .replace(/^[0-9a-f]{16}:/gm, "")
    .trim()
    .split(/\s+/)
    .map(Number);

  test("is shown in all formats as the peer shows it", () =>
    withHumanMachine(Q35, async (execute, machine) => {
      writeFirmwareEnd(machine, Uint8Array.from(bytes));
      // The second megabyte's neighbour below, where the firmware is seen as well.
      expect(lines.length).toBeGreaterThan(20);
      // The size that is meant where none is said is the latest; the golden's lines said it in between.
      for (const line of lines.filter((each) => !/^xp\/(?:20c|4x) /.test(each))) {
        expect(await execute(line), line).toBe(humanAnswer(golden, "q35", "start", line));
      }
    }));

  test("is not shown without an end, nor as instructions", () =>
    withHumanMachine(Q35, async (execute) => {
      expect(await execute("xp /1000000000xb 0")).toBe("Error: no more than 1048576 bytes can be shown at once\n");
      expect(await execute("xp /2i 0")).toMatch(/^Error: instructions cannot be shown/);
      expect(await execute("x /2i 0")).toMatch(/^Error: instructions cannot be shown/);
    }));

  test("has an address of the host where it is RAM", () =>
    withHumanMachine(Q35, async (execute) => {
      expect(await execute("gpa2hva 0x1000")).toMatch(/^Host virtual address for 0x1000 \(pc.ram\) is 0x[0-9a-f]+\n$/);
      expect(await execute("gpa2hva 0xfed00000")).toBe("Memory at address 0xfed00000 is not RAM\n");
    }));
});

test("ports are written and read", () =>
  withHumanMachine(Q35, async (execute) => {
    expect(await execute("o /w 0xcf8 0x80000000")).toBe("");
    expect(await execute("i /w 0xcfc")).toBe("portl[0x0cfc] = 0x29c08086\n");
    expect(await execute("i /h 0xcfe")).toBe("portw[0x0cfe] = 0x29c0\n");
  }));

describe("character devices", () => {
  test("come, hold what is written, and go", () =>
    withHumanMachine(NONE, async (execute) => {
      expect(await execute("chardev-add ringbuf,id=r,size=8")).toBe("");
      expect(await execute('ringbuf_write r "one two\\nthree"')).toBe("");
      expect(await execute("ringbuf_read r 99")).toBe("wo\nthree\n");
      expect(await execute("info chardev")).toBe("r: filename=ringbuf\n");
      expect(await execute("chardev-change r null,id=x")).toBe("Error: Unexpected 'id' parameter\n");
      expect(await execute("chardev-change r null")).toBe("");
      expect(await execute("info chardev")).toBe("r: filename=null\n");
      expect(await execute("chardev-remove r")).toBe("");
      expect(await execute("info chardev")).toBe("");
    }));

  test("show control characters", () =>
    withHumanMachine(NONE, async (execute, machine) => {
      await execute("chardev-add ringbuf,id=r");
      await machine.service(HUMAN_COMMANDS).query("ringbuf-write", { device: "r", data: "a\u0001\\\t\u007f" });
      expect(await execute("ringbuf_read r 9")).toBe("a\\u0001\\\\\t\\u007F\n");
    }));
});

test("devices and objects are made of words", () =>
  withHumanMachine([...Q35, "-device", "pcie-root-port,id=rp,chassis=1"], async (execute) => {
    expect(await execute("object_add memory-backend-ram,id=m,size=1M")).toBe("");
    expect(await execute("info memdev")).toMatch(/^memory backend: m\n {2}size: {2}1048576\n/);
    expect(await execute("object_del m")).toBe("");
    expect(await execute("device_add pcie-pci-bridge,id=b,bus=rp,addr=0")).toBe("");
    expect(await execute("device_add pcie-pci-bridge,id=b,bus=rp")).toMatch(/^Error: /);
    expect(await execute("device_add pcie-pci-bridge,id=1b")).toBe('Try "help device_add" for more information\n');
  }));

test("a plugin's own command gets its arguments by type", () =>
  withHumanMachine(NONE, async (execute, machine) => {
    const given: unknown[] = [];
    machine.service(HUMAN_COMMANDS).add({
      name: "probe|pb",
      summary: "a test",
      arguments: {
        fast: h.flag("f"),
        as: h.flagText("a"),
        name: h.text,
        count: h.int,
        size: h.optional(h.size),
        rest: h.optional(h.rest),
      },
      run(args) {
        given.push(args);
        return "done\n";
      },
    });
    expect(await execute('pb -f -a "x y" name 0x10+1 4k  and  more ')).toBe("done\n");
    expect(await execute("probe n 1 1.5")).toBe("done\n");
    expect(given).toEqual([
      { fast: true, as: "x y", name: "name", count: 17, size: 4096n, rest: "and  more " },
      { fast: false, name: "n", count: 1, size: 1572864n },
    ]);
    expect(await execute("pb -a")).toBe('probe|pb: value expected for -a\nTry "help pb" for more information\n');
  }));

test("a command before the machine is there must be one that may be given", () =>
  withHumanMachine(NONE, (_execute, machine) => {
    const commands = machine.service(HUMAN_COMMANDS);
    expect(() => commands.add({ name: "stop|s", summary: "twice", run: () => "" })).toThrow(
      expect.objectContaining({ code: "HUMAN_COMMAND_DUPLICATE" }) as Error,
    );
    return Promise.resolve();
  }));

test("whatever is typed is answered, and memory stays as it is", () =>
  withHumanMachine(Q35, async (execute, machine) => {
    const word = fc.oneof(
      fc.constantFrom("info", "help", "p", "xp", "i", "x", "sum", "device_add", "object_add", "migrate", "print/c"),
      fc.constantFrom(
        "-f",
        "-",
        "/x",
        "/99999999999b",
        "$pc",
        "'",
        '"',
        "(",
        "0x",
        "~-+1",
        "1/0",
        "\\",
        "9".repeat(40),
      ),
      fc.string({ maxLength: 12 }),
    );
    const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
    const before = Buffer.alloc(64);
    machine.service(SYSTEM_MEMORY).read(guestAddress(0), before);
    await fc.assert(
      fc.asyncProperty(line, async (text) => {
        expect(typeof (await execute(text))).toBe("string");
      }),
      { numRuns: 300 },
    );
    expect(machine.service(BLOCK_ACCESS)).toBeDefined();
    const after = Buffer.alloc(64);
    machine.service(SYSTEM_MEMORY).read(guestAddress(0), after);
    expect(after).toEqual(before);
  }));
