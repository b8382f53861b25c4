// The registry of RAM block notifiers, as hw/core/numa.c of the peer has it, and as the thread's series would.
import { describe, expect, test } from "vitest";
import {
  byteLength,
  COMMANDS,
  HOST_MAPPING_NOTIFIERS,
  KiB,
  MEMORY_REGIONS,
  MiB,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  type HostAddress,
  type JsonValue,
  type Machine,
  type RAMBlock,
} from "backplane";
import { recordNotices, recordNotifications, withMachine } from "backplane/kit";
import { withHumanMachine } from "../hmp/machine.ts";
import { pcMachine } from "./pc-machine.ts";

const pc = (notifiers?: "series" | "qemu-10.0") =>
  pcMachine(["-m", "1M"], notifiers === undefined ? {} : { numa: { value: { notifiers } } });

function query(machine: Machine): JsonValue | void | Promise<JsonValue | void> {
  return machine
    .service(COMMANDS)
    .find("x-query-ram-block-notifiers")
    ?.run({}, { id: "test", onClose: () => ({ dispose: () => undefined }) });
}

/** A block that is made, renamed, made unmigratable, grown and freed. */
function everyKind(machine: Machine): void {
  const { ramBlock } = machine
    .service(MEMORY_REGIONS)
    .ram("subject", byteLength(64 * KiB), { maxSize: byteLength(MiB) });
  const list = machine.service(RAM_LIST);
  const block = ramBlock as RAMBlock;
  list.setIdstr(block, "renamed");
  list.setMigratable(block, false);
  list.resize(block, byteLength(128 * KiB));
  list.free(block);
}

describe("the policy", () => {
  test.each([
    [undefined, "series", ["added", "idstr", "migratable", "idstr", "migratable", "resized", "removed"]],
    ["series", "series", ["added", "idstr", "migratable", "idstr", "migratable", "resized", "removed"]],
    ["qemu-10.0", "qemu-10.0", ["added", "resized", "removed"]],
  ] as const)("%s", (chosen, name, expected) =>
    withMachine(pc(chosen), (machine) => {
      const notifiers = machine.service(RAM_BLOCK_NOTIFIERS);
      expect(notifiers.policy.name).toBe(name);
      const recorder = recordNotifications(notifiers);
      const { calls } = recorder;
      calls.length = 0;
      everyKind(machine);
      expect(calls.map(({ kind }) => kind)).toEqual(expected);
      void recorder.dispose();
    }),
  );

  test("is another than the two: refused", async () => {
    const options = { numa: { value: { notifiers: "qemu-9.0" } } };
    await expect(withMachine(pcMachine([], options), () => undefined)).rejects.toThrow("qemu-10.0");
  });

  test.each(["series", "qemu-10.0"] as const)(
    "%s: registration tells of every block in the list's order, leaving of the end of each, with the sizes of then",
    (policy) =>
      withMachine(pc(policy), (machine) => {
        const list = machine.service(RAM_LIST);
        const blocks = list.blocks().map(({ idstr }) => idstr);
        const recorder = recordNotifications(machine.service(RAM_BLOCK_NOTIFIERS));
        const { calls } = recorder;
        expect(calls.map(({ kind, idstr }) => `${kind} ${idstr}`)).toEqual(blocks.map((idstr) => `added ${idstr}`));
        const { ramBlock } = machine
          .service(MEMORY_REGIONS)
          .ram("late", byteLength(4 * KiB), { maxSize: byteLength(8 * KiB) });
        list.resize(ramBlock as RAMBlock, byteLength(8 * KiB));
        calls.length = 0;
        void recorder.dispose();
        expect(calls.map(({ kind, idstr }) => `${kind} ${idstr}`).toSorted()).toEqual(
          [...blocks, "late"].map((idstr) => `removed ${idstr}`).toSorted(),
        );
        expect(calls.find(({ idstr }) => idstr === "late")?.usedLength).toBe(8 * KiB);
      }),
  );

  test("of qemu-10.0: a change that nobody is told of stands in the timeline with nobody", () =>
    withMachine(pc("qemu-10.0"), (machine) => {
      const recorder = recordNotifications(machine.service(RAM_BLOCK_NOTIFIERS));
      const { notices } = recordNotices(machine);
      everyKind(machine);
      expect(notices.map(({ kind, subscribers }) => [kind, subscribers.length])).toEqual([
        ["added", 1],
        ["idstr", 0],
        ["migratable", 0],
        ["idstr", 0],
        ["migratable", 0],
        ["resized", 1],
        ["removed", 1],
      ]);
      void recorder.dispose();
    }));
});

describe("x-query-ram-block-notifiers", () => {
  test("tells the policy, and the subscribers as they are told", () =>
    withMachine(pc("qemu-10.0"), async (machine) => {
      const young = machine.service(RAM_BLOCK_NOTIFIERS).add({ name: "young", ramBlockResized: () => undefined });
      const hearing = machine
        .service(HOST_MAPPING_NOTIFIERS)
        .add({ name: "pins", hostMappingAdded: () => undefined, hostMappingRemoved: () => undefined });
      const mapping = machine.service(HOST_MAPPING_NOTIFIERS).publish({
        kind: "host-mapping",
        owner: "test",
        hostAddress: 4096 as HostAddress,
        length: byteLength(4096),
      });
      expect(await query(machine)).toEqual({
        policy: "qemu-10.0",
        tells: ["added", "resized", "removed"],
        subscribers: [
          {
            name: "young",
            hears: ["resized"],
            knows: machine
              .service(RAM_LIST)
              .blocks()
              .map(({ idstr }) => idstr),
          },
        ],
        "mapping-subscribers": [{ name: "pins", hears: ["added", "removed"], knows: 1 }],
      });
      for (const each of [mapping, hearing, young]) void each.dispose();
    }));

  test("is what 'info ram-block-notifiers' shows", () =>
    withHumanMachine(["-machine", "q35", "-nodefaults", "-m", "16M"], async (execute, machine) => {
      for (const name of machine.service(RAM_BLOCK_NOTIFIERS).subscribers()) expect(name).not.toBe("");
      const text = await execute("info ram-block-notifiers");
      expect(text).toContain("policy series: tells added resized idstr migratable removed\n");
      expect(text).toMatch(/ {2}migration\/ram: hears [a-z ]+; knows \d+\n {4}pc.ram\n/);
      expect(text).toMatch(/\nhost mappings:\n {2}.+\n$/s);
      expect(await execute("help info ram-block-notifiers")).toContain("info ram-block-notifiers  -- ");
    }));

  test("is not there on a machine without NUMA, whose registry tells everything", () =>
    withHumanMachine(["-machine", "none"], async (execute, machine) => {
      expect(query(machine)).toBeUndefined();
      expect(machine.service(RAM_BLOCK_NOTIFIERS).policy.name).toBe("series");
      expect(await execute("info ram-block-notifiers")).toContain("unknown command");
    }));
});
