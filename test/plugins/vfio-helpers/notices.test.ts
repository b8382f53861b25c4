import { describe, expect, test } from "vitest";
import {
  AnonymousMemory,
  byteLength,
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  HOST_RESOURCES,
  MEMORY_REGIONS,
  RAM_BLOCK_NOTIFIERS,
  RAM_DISCARD,
  RAM_LIST,
  type HostAddress,
  type Machine,
  type RAMBlock,
} from "backplane";
import { withMachine } from "backplane/kit";
import { describeRAMBlockNotifier, describeUntold } from "backplane/kit/conformance";
import vfioHelpers from "../../../plugins/vfio-helpers/index.ts";
import { HostMemoryNotifier } from "../../../plugins/vfio-helpers/helpers/host-memory-notifier.ts";
import { vfioPositions } from "../../../plugins/vfio-helpers/helpers/positions.ts";
import { ADDRESS, benchOf, KiB, MiB, nodeOf, withVfio } from "./vfio-machine.ts";
import block from "../../../plugins/block/index.ts";

const PAGE = 4096;
/** Mappings of a node that does nothing: four rings, two sets of lists, and the page of its first commands. */
const OPENED = 7;

const mappings = (machine: Machine): number =>
  machine
    .service(HOST_RESOURCES)
    .all()
    .find(({ name }) => name === "vfio-helpers mappings")
    ?.outstanding() ?? Number.NaN;

function addRam(machine: Machine, name: string, length = MiB, maxSize?: number): RAMBlock {
  const size = maxSize === undefined ? {} : { maxSize: byteLength(maxSize) };
  machine.service(MEMORY_REGIONS).ram(name, byteLength(length), size);
  const found = machine.service(RAM_LIST).byIdstr(name);
  if (found === undefined) throw new Error("no block");
  return found;
}

const smallMachine = (entryLimit = 65_535) => ({
  with: [block, vfioHelpers],
  options: {
    "vfio-helpers": {
      value: { entryLimit, devices: [{ kind: "nvme", address: ADDRESS, namespaces: [{ size: 64 * KiB }] }] },
    },
  },
});

const open = (machine: Machine) => benchOf(machine, [], "").open();

/** A request in four places, none of which a mapping of one page could serve. */
function readInto(machine: Machine, base: HostAddress): Promise<string | undefined> {
  const addresses = [0, 2, 4, 6].map((page) => (base + page * PAGE) as HostAddress);
  const views = addresses.map(() => new Uint8Array(PAGE));
  return nodeOf(machine, "nvme").read(0, views, { addresses });
}

const breaks = (kind: "added" | "removed"): string => {
  const position = vfioPositions.blocks[kind];
  return "untold" in position ? position.untold : "";
};
const mappingBreaks = (kind: "added" | "removed"): string => {
  const position = vfioPositions.hostMappings?.[kind];
  return position !== undefined && "untold" in position ? position.untold : "";
};

describeUntold({
  subscriber: "vfio-helpers",
  kind: "added",
  breaks: breaks("added"),
  machine: () => smallMachine(OPENED + 1),
  async story(machine) {
    await open(machine);
    const { hostAddress } = addRam(machine, "dimm");
    expect(await readInto(machine, hostAddress)).toBeUndefined();
  },
});

describeUntold({
  subscriber: "vfio-helpers",
  kind: "removed",
  breaks: breaks("removed"),
  machine: () => smallMachine(),
  async story(machine) {
    await open(machine);
    const before = mappings(machine);
    const dimm = addRam(machine, "dimm");
    expect(mappings(machine)).toBe(before + 1);
    machine.service(MEMORY_REGIONS).destroy(dimm.region);
    expect(mappings(machine)).toBe(before);
  },
});

function publish(machine: Machine) {
  const memory = new AnonymousMemory(byteLength(16 * PAGE));
  const placement = machine.service(HOST_ADDRESS_SPACE).place(memory);
  const mapping = {
    kind: "host-mapping",
    owner: "test",
    hostAddress: placement.address,
    length: memory.length,
  } as const;
  return { mapping, published: machine.service(HOST_MAPPING_NOTIFIERS).publish(mapping), placement };
}

describeUntold({
  subscriber: "vfio-helpers",
  kind: "mapping-added",
  breaks: mappingBreaks("added"),
  machine: () => smallMachine(OPENED + 1),
  async story(machine) {
    await open(machine);
    const { mapping, published, placement } = publish(machine);
    const fault = await readInto(machine, mapping.hostAddress);
    await published.dispose();
    await placement.dispose();
    expect(fault).toBeUndefined();
  },
});

describeUntold({
  subscriber: "vfio-helpers",
  kind: "mapping-removed",
  breaks: mappingBreaks("removed"),
  machine: () => smallMachine(),
  async story(machine) {
    await open(machine);
    const before = mappings(machine);
    const { published, placement } = publish(machine);
    expect(mappings(machine)).toBe(before + 1);
    await published.dispose();
    await placement.dispose();
    expect(mappings(machine)).toBe(before);
  },
});

describeRAMBlockNotifier("vfio-helpers", () => {
  const held = new Set<HostAddress>();
  const log = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
  return new HostMemoryNotifier(
    {
      pageSize: PAGE,
      map: (host) => {
        held.add(host);
        return 0;
      },
      unmap: (host) => void held.delete(host),
      resetTemporary: () => undefined,
      iovaOf: () => undefined,
      fixedMappings: 0,
      fixedEnd: 0,
      temporaryStart: 0,
    },
    {
      ...log,
      named: () => ({
        ...log,
        named: () => {
          throw new Error("no names");
        },
      }),
    },
  );
});

describe("host memory while a device is open", () => {
  test("a block that may grow is mapped as far as it may", () =>
    withMachine(smallMachine(), async (machine) => {
      await open(machine);
      const grown = addRam(machine, "tables", PAGE, 16 * PAGE);
      const before = mappings(machine);
      machine.service(RAM_LIST).resize(grown, byteLength(16 * PAGE));
      expect(mappings(machine)).toBe(before);
      expect(await readInto(machine, grown.hostAddress)).toBeUndefined();
    }));

  test("what cannot be mapped is reported, and the machine goes on", () =>
    withMachine(smallMachine(OPENED), async (machine, log) => {
      await open(machine);
      const heard: string[] = [];
      const other = { name: "other", ramBlockAdded: ({ region: { name } }: RAMBlock) => void heard.push(name) };
      const registration = machine.service(RAM_BLOCK_NOTIFIERS).add(other);
      const { hostAddress, region } = addRam(machine, "dimm");
      const wanted = `qemu_vfio_dma_map(0x${hostAddress.toString(16)}, ${MiB}) failed: VFIO_MAP_DMA failed: No space left on device`;
      expect(log.map(({ message }) => message)).toContain(wanted);
      expect(heard).toEqual(["dimm"]);
      machine.service(MEMORY_REGIONS).destroy(region);
      await registration.dispose();
    }));

  test("memory must not be given back meanwhile", () =>
    withMachine(smallMachine(), async (machine) => {
      const discard = machine.service(RAM_DISCARD);
      expect(discard.isDisabled).toBe(false);
      await open(machine);
      expect(discard.isDisabled).toBe(true);
      expect(() => discard.require("virtio-mem")).toThrow("exclude each other");
      await benchOf(machine, [], "").run("blockdev-del", { "node-name": "nvme" });
      expect(discard.isDisabled).toBe(false);
      const required = discard.require("virtio-mem");
      await expect(open(machine)).rejects.toThrow("Cannot set discarding of RAM broken: Device or resource busy");
      await required.dispose();
    }));

  test("a node that is closed leaves no notifier and no mapping", () =>
    withVfio({}, async ({ open: openNode, run, machine }) => {
      addRam(machine, "ram");
      await openNode();
      expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual(["vfio-helpers"]);
      expect(mappings(machine)).toBe(OPENED + 1);
      await run("blockdev-del", { "node-name": "nvme" });
      expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual([]);
      expect(mappings(machine)).toBe(0);
      await openNode();
      expect(mappings(machine)).toBe(OPENED + 1);
    }));
});
