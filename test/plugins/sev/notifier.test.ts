import { expect, test } from "vitest";
import {
  byteLength,
  HostCallError,
  MEMORY_REGIONS,
  RAM_LIST,
  HOST_MAPPING_NOTIFIERS,
  HOST_RESOURCES,
  HOST_ADDRESS_SPACE,
} from "backplane";
import type { HostMapping, Machine } from "backplane";
import { describeRAMBlockNotifier, describeUntold } from "backplane/kit/conformance";
import { withMachine } from "backplane/kit";
import type { KvmHost } from "backplane/plugins/sev/contract";
import { PinnedMemory } from "../../../plugins/sev/late/pinned-memory.ts";
import { sevPositions } from "../../../plugins/sev/positions.ts";
import { encrypted, MIB } from "./encrypted-machine.ts";

const nobody = { error: () => undefined } as never;

/** Regions as a kernel keeps them: pinned as often as they are registered. */
function countingHost(): KvmHost {
  const regions: string[] = [];
  return {
    registerRegion: (address: number, length: number) => void regions.push(`${address}+${length}`),
    unregisterRegion(address: number, length: number) {
      const at = regions.indexOf(`${address}+${length}`);
      if (at < 0) throw new HostCallError("unregisterRegion", "EINVAL");
      regions.splice(at, 1);
    },
  } as unknown as KvmHost;
}

describeRAMBlockNotifier("sev", () => new PinnedMemory(countingHost(), nobody, () => undefined));

const outstanding = (machine: Machine, name: string): number =>
  machine
    .service(HOST_RESOURCES)
    .all()
    .find((each) => each.name === name)
    ?.outstanding() ?? -1;

function untoldOf(kind: "added" | "removed"): string {
  const position = sevPositions.blocks[kind];
  return "untold" in position ? position.untold : "";
}

describeUntold({
  subscriber: "sev",
  kind: "added",
  breaks: untoldOf("added"),
  machine: () => encrypted(),
  story(machine) {
    const pinned = machine
      .service(RAM_LIST)
      .blocks()
      .reduce((sum, { maxLength }) => sum + maxLength, 0);
    expect(outstanding(machine, "sev pinned bytes")).toBe(pinned);
  },
});

describeUntold({
  subscriber: "sev",
  kind: "removed",
  breaks: untoldOf("removed"),
  // The limit has room for one of the two at a time.
  machine: () => encrypted({ sev: { host: { memlockLimit: 24 * MIB } } }),
  story(machine) {
    for (const name of ["one", "two"]) {
      const region = machine.service(MEMORY_REGIONS).ram(name, byteLength(4 * MIB), { idstr: null });
      if (region.ramBlock !== undefined) machine.service(RAM_LIST).free(region.ramBlock);
    }
    expect(machine.leaving).toBeUndefined();
  },
});

function mapping(machine: Machine): HostMapping & { readonly done: () => void } {
  const memory = machine.service(RAM_LIST).blocks()[0]?.host;
  if (memory === undefined) throw new Error("there is no memory");
  const placed = machine.service(HOST_ADDRESS_SPACE).place(memory);
  return {
    kind: "host-mapping",
    owner: "test",
    hostAddress: placed.address,
    length: byteLength(MIB),
    done: () => void placed.dispose(),
  };
}

for (const kind of ["added", "removed"] as const) {
  const position = sevPositions.hostMappings?.[kind];
  describeUntold({
    subscriber: "sev",
    kind: `mapping-${kind}`,
    breaks: position !== undefined && "untold" in position ? position.untold : "",
    machine: () => encrypted(),
    story(machine) {
      const before = outstanding(machine, "sev pinned bytes");
      const one = mapping(machine);
      const published = machine.service(HOST_MAPPING_NOTIFIERS).publish(one);
      if (kind === "added") expect(outstanding(machine, "sev pinned bytes")).toBe(before + MIB);
      void published.dispose();
      expect(outstanding(machine, "sev pinned bytes")).toBe(before);
      one.done();
    },
  });
}

test("memory that cannot be unregistered is reported, and goes with the virtual machine", () =>
  withMachine(encrypted({ sev: { faults: [{ call: "unregisterRegion", nth: 1, errno: "EIO" }] } }), (machine, log) => {
    const region = machine.service(MEMORY_REGIONS).ram("gone", byteLength(MIB), { idstr: null });
    if (region.ramBlock !== undefined) machine.service(RAM_LIST).free(region.ramBlock);
    expect(log.map(({ message }) => message).join()).toMatch(/sev_ram_block_removed: failed to unregister region/);
    expect(machine.leaving).toBeUndefined();
  }));
