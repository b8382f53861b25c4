import { describe, expect, test } from "vitest";
import {
  byteLength,
  HOST_MAPPING_NOTIFIERS,
  KiB,
  MEMORY_REGIONS,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  type HostAddress,
  type Machine,
  type RAMBlock,
} from "backplane";
import { withMachine } from "backplane/kit";
import { TIMELINE, type TimelineEntry } from "backplane/plugins/timeline/contract";
import timeline from "../../../plugins/timeline/index.ts";

/** An entry in a word or two. */
function label(entry: TimelineEntry): string {
  switch (entry.kind) {
    case "ram-block":
      return `${entry.notice.kind} ${entry.notice.idstr}`;
    case "host-mapping":
      return `mapping-${entry.notice.kind} ${entry.notice.mapping.owner}`;
    case "migration":
    case "run-state":
      return `${entry.from} → ${entry.to}`;
    case "firmware":
      return "firmware";
  }
}

const labels = (machine: Machine): string[] => machine.service(TIMELINE).entries().map(label);

/** A block that can grow. */
function growing(machine: Machine, name: string): RAMBlock {
  const { ramBlock } = machine
    .service(MEMORY_REGIONS)
    .ram(name, byteLength(4 * KiB), { maxSize: byteLength(64 * KiB) });
  return ramBlock as RAMBlock;
}

describe("the timeline", () => {
  test("has what came of a notification behind it, however deep", () =>
    withMachine({ with: [timeline] }, (machine) => {
      const list = machine.service(RAM_LIST);
      const [first, second] = [growing(machine, "first"), growing(machine, "second")];
      const registration = machine.service(RAM_BLOCK_NOTIFIERS).add({
        name: "restless",
        ramBlockResized(block) {
          if (block === first) list.resize(second, byteLength(8 * KiB));
          if (block === second) machine.cont();
        },
      });
      const listened: string[] = [];
      const listening = machine.service(TIMELINE).listen((entry) => listened.push(label(entry)));
      list.resize(first, byteLength(8 * KiB));
      expect(listened).toEqual(["resized first", "resized second", "prelaunch → running"]);
      expect(labels(machine).slice(-3)).toEqual(listened);
      void listening.dispose();
      void registration.dispose();
    }));

  test("has a farewell in the middle of a notification behind it", () =>
    withMachine({ with: [timeline] }, (machine) => {
      const block = growing(machine, "block");
      const registration = machine.service(RAM_BLOCK_NOTIFIERS).add({
        name: "leaving",
        ramBlockResized: () => void registration.dispose(),
        ramBlockRemoved: () => machine.cont(),
      });
      machine.service(RAM_LIST).resize(block, byteLength(8 * KiB));
      expect(labels(machine).slice(-3)).toEqual(["resized block", "prelaunch → running", "removed block"]);
    }));

  test("has host mappings too", () =>
    withMachine({ with: [timeline] }, (machine) => {
      const mappings = machine.service(HOST_MAPPING_NOTIFIERS);
      void mappings
        .publish({ kind: "host-mapping", owner: "guest", hostAddress: 4096 as HostAddress, length: byteLength(4096) })
        .dispose();
      expect(labels(machine)).toEqual(["mapping-added guest", "mapping-removed guest"]);
    }));

  test("keeps the latest, and says how many it dropped", () =>
    withMachine({ with: [timeline], options: { timeline: { value: { keep: 2 } } } }, (machine) => {
      growing(machine, "block");
      expect(labels(machine)).toEqual(["idstr block", "migratable block"]);
      expect(machine.service(TIMELINE).dropped).toBe(1);
    }));
});
