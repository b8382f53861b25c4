import { describe, expect, test } from "vitest";
import {
  byteLength,
  type HostAddress,
  type HostMapping,
  type HostMappingNotice,
  type HostMappingNotifier,
} from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

function mapping(address: number): HostMapping {
  return { kind: "host-mapping", owner: "xen-mapcache", hostAddress: address as HostAddress, length: byteLength(4096) };
}

function noting(name: string, trace: string[], refuses?: number): HostMappingNotifier {
  return {
    name,
    hostMappingAdded({ hostAddress }) {
      trace.push(`${name}+${hostAddress}`);
      if (hostAddress === refuses) throw new Error("no");
    },
    hostMappingRemoved: ({ hostAddress }) => void trace.push(`${name}-${hostAddress}`),
  };
}

describe("host mappings", () => {
  test("are told to their own notifiers, and to no others", () => {
    const { mappings, notifiers } = makeMemory();
    const trace: string[] = [];
    notifiers.add({
      name: "blocks",
      ramBlockAdded: () => trace.push("block"),
      ramBlockRemoved: () => trace.push("block"),
    });
    mappings.add(noting("a", trace));
    const first = mappings.publish(mapping(1));
    const b = mappings.add(noting("b", trace));
    mappings.publish(mapping(2));
    expect(mappings.mappings().length).toBe(2);
    void first.dispose();
    void first.dispose();
    void b.dispose();
    expect(trace).toEqual(["a+1", "b+1", "b+2", "a+2", "b-1", "a-1", "b-2"]);
  });

  test("are taken back when someone refuses", () => {
    const { mappings } = makeMemory();
    const trace: string[] = [];
    mappings.add(noting("a", trace));
    mappings.add(noting("b", trace, 1));
    expect(() => mappings.publish(mapping(1))).toThrow(
      "notifier 'b' failed when told 'added' of 'xen-mapcache@0x1': no",
    );
    expect(mappings.mappings()).toEqual([]);
    expect(trace).toEqual(["b+1", "a+1", "a-1"]);
  });

  test("roll a registration back that refuses one of them", () => {
    const { mappings } = makeMemory();
    const trace: string[] = [];
    mappings.publish(mapping(1));
    mappings.publish(mapping(2));
    const picky = noting("picky", trace, 2);
    expect(codeOf(() => mappings.add(picky))).toBe("NOTIFIER_FAILED");
    expect(trace).toEqual(["picky+1", "picky+2", "picky-1"]);
    expect(codeOf(() => mappings.add(picky))).toBe("NOTIFIER_FAILED");
  });

  test("may be left while they are told", () => {
    const { mappings } = makeMemory();
    const trace: string[] = [];
    const old = mappings.add(noting("old", trace));
    mappings.add({ name: "young", hostMappingAdded: () => void old.dispose() });
    mappings.publish(mapping(1));
    expect(trace).toEqual([]);
  });

  test("are seen by who watches, with everyone who was told and what was thrown", () => {
    const { mappings } = makeMemory();
    const notices: HostMappingNotice[] = [];
    mappings.observe((notice) => notices.push(notice));
    const failing = mappings.observe(() => {
      throw new Error("an observer cannot fail a change");
    });
    mappings.add(noting("a", [], 2));
    mappings.add({ name: "deaf" });
    const first = mapping(1);
    const published = mappings.publish(first);
    void failing.dispose();
    expect(() => mappings.publish(mapping(2))).toThrow("no");
    void published.dispose();
    const seen = notices.map(({ kind, mapping: { hostAddress }, subscribers }) => [kind, hostAddress, subscribers]);
    expect(seen).toEqual([
      ["added", 1, [{ name: "a" }]],
      ["added", 2, [{ name: "a", error: "no" }]],
      ["removed", 2, []],
      ["removed", 1, [{ name: "a" }]],
    ]);
  });
});
