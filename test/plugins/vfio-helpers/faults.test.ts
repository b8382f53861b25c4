// Every call of the host, failing at its n-th time: the node is not opened, or it goes on as its original would. Nothing
// leaks (the kit looks), and whoever is told later still hears.
import { describe, expect, test } from "vitest";
import {
  BackplaneError,
  byteLength,
  ERRNO,
  MEMORY_REGIONS,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  type Machine,
} from "backplane";
import { withMachine } from "backplane/kit";
import { VFIO_CALLS, type VfioCall } from "backplane/plugins/vfio-helpers/contract";
import block from "../../../plugins/block/index.ts";
import vfioHelpers from "../../../plugins/vfio-helpers/index.ts";
import { ADDRESS, benchOf, KiB, MiB, nodeOf } from "./vfio-machine.ts";

const ERRNOS = ["ENOSPC", "ENOMEM", "EINVAL", "EIO"] as const;
type Errno = (typeof ERRNOS)[number];

const WORDS = {
  ENOSPC: "No space left on device",
  ENOMEM: "Cannot allocate memory",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
} as const;

/** How a failure to open begins, and how often the call is made on the way. */
const OPENING: { readonly [Call in VfioCall]?: { readonly text: (words: string) => string; readonly times: number } } =
  {
    openContainer: { text: (words) => `Failed to open /dev/vfio/vfio: ${words}`, times: 1 },
    apiVersion: { text: () => "Invalid VFIO version", times: 1 },
    checkExtension: { text: (words) => `VFIO IOMMU Type1 is not supported: ${words}`, times: 1 },
    groupOf: { text: (words) => `iommu_group”: ${words}`, times: 1 },
    openGroup: { text: (words) => `Failed to open VFIO group file: /dev/vfio/0: ${words}`, times: 1 },
    groupStatus: { text: (words) => `Failed to get VFIO group status: ${words}`, times: 1 },
    setContainer: { text: (words) => `Failed to add group to VFIO container: ${words}`, times: 1 },
    setIommu: { text: (words) => `Failed to set VFIO IOMMU type: ${words}`, times: 1 },
    iommuInfo: { text: (words) => `Failed to get IOMMU info: ${words}`, times: 1 },
    device: { text: (words) => `Failed to get device fd: ${words}`, times: 1 },
    deviceInfo: { text: (words) => `Failed to get device info: ${words}`, times: 1 },
    regionInfo: { text: (words) => `region info: ${words}`, times: 7 },
    readRegion: { text: () => "Could not open image: Invalid argument", times: 1 },
    writeRegion: { text: () => "Could not open image: Invalid argument", times: 1 },
    mapRegion: { text: (words) => `Failed to map BAR region: ${words}`, times: 1 },
    irqInfo: { text: (words) => `Failed to get device interrupt info: ${words}`, times: 1 },
    setIrq: { text: (words) => `Failed to setup device interrupt: ${words}`, times: 1 },
  };
/** The mappings of driver memory, in order, behind that of the machine's one block. */
const MAPPINGS = [
  "Cannot map buffer for DMA: ",
  "Cannot map queue: ",
  "Cannot map queue: ",
  "Cannot map buffer for DMA: ",
  "Cannot map buffer for DMA: ",
  "Cannot map queue: ",
  "Cannot map queue: ",
];

async function tell(machine: Machine): Promise<string[]> {
  const heard: string[] = [];
  const later = machine.service(RAM_BLOCK_NOTIFIERS).add({
    name: "later",
    ramBlockAdded: ({ region }) => void heard.push(`+${region.name}`),
    ramBlockRemoved: ({ region }) => void heard.push(`-${region.name}`),
  });
  machine.service(MEMORY_REGIONS).ram("dimm", byteLength(MiB));
  const added = machine.service(RAM_LIST).byIdstr("dimm");
  if (added !== undefined) machine.service(MEMORY_REGIONS).destroy(added.region);
  await later.dispose();
  return heard;
}

/** Opens a node in a machine whose host fails once. Says with what it was refused, and what a read ended with. */
async function outcome(call: VfioCall, nth: number, errno: Errno) {
  const devices = [{ kind: "nvme", address: ADDRESS, namespaces: [{ size: 64 * KiB }] }];
  const value = { devices, faults: [{ call, nth, errno }] };
  return withMachine({ with: [block, vfioHelpers], options: { "vfio-helpers": { value } } }, async (machine, log) => {
    machine.service(MEMORY_REGIONS).ram("ram", byteLength(MiB));
    let refusal: string | undefined;
    let fault: string | undefined;
    try {
      await benchOf(machine, [], "").open();
      fault = await nodeOf(machine, "nvme").read(512, [new Uint8Array(4096)]);
    } catch (failure) {
      expect(failure).toBeInstanceOf(BackplaneError);
      refusal = (failure as BackplaneError).message;
    }
    const subscribers = machine.service(RAM_BLOCK_NOTIFIERS).subscribers();
    expect(subscribers).toEqual(refusal === undefined ? ["vfio-helpers"] : []);
    expect(await tell(machine)).toEqual(["+ram", "+dimm", "-dimm", "-ram"]);
    return { refusal, fault, errors: log.filter(({ level }) => level === "error").map(({ message }) => message) };
  });
}

describe("opening a controller", () => {
  for (const call of VFIO_CALLS) {
    const expected = OPENING[call];
    if (expected === undefined) continue;
    test(call, async () => {
      for (const errno of ERRNOS) {
        for (let nth = 1; nth <= expected.times; nth++) {
          const { refusal } = await outcome(call, nth, errno);
          expect(refusal).toContain(expected.text(WORDS[errno]));
        }
        const after = await outcome(call, expected.times + 2, errno);
        expect(after).toMatchObject({ refusal: undefined, fault: undefined });
      }
    });
  }

  test("mapDma", async () => {
    for (const errno of ERRNOS) {
      for (const [index, prefix] of MAPPINGS.entries()) {
        const { refusal } = await outcome("mapDma", index + 2, errno);
        expect(refusal).toBe(`${prefix}VFIO_MAP_DMA failed: ${WORDS[errno]}`);
      }
    }
  });
});

describe("a controller that is open", () => {
  test.each(ERRNOS)("a block that the host does not map (%s) is reported", async (errno) => {
    const { refusal, fault, errors } = await outcome("mapDma", 1, errno);
    expect({ refusal, fault }).toEqual({ refusal: undefined, fault: undefined });
    expect(errors).toEqual([
      expect.stringMatching(`^qemu_vfio_dma_map.*failed: VFIO_MAP_DMA failed: ${WORDS[errno]}$`),
    ]);
  });

  test.each(ERRNOS)("a bounce buffer that the host does not map (%s) is mapped for each transfer", async (errno) => {
    const { refusal, fault } = await outcome("mapDma", MAPPINGS.length + 2, errno);
    expect({ refusal, fault }).toEqual({ refusal: undefined, fault: undefined });
  });

  test.each(ERRNOS)("what the host does not unmap (%s) is reported, and goes with the container", async (errno) => {
    for (const nth of [1, 2, 3]) {
      const { refusal, fault } = await outcome("unmapDma", nth, errno);
      expect({ refusal, fault }).toEqual({ refusal: undefined, fault: undefined });
    }
  });

  test.each(ERRNOS)("a device that is not reset (%s) is closed all the same", async (errno) => {
    expect(await outcome("reset", 1, errno)).toMatchObject({ refusal: undefined, fault: undefined });
    expect(await outcome("setIrq", 2, errno)).toMatchObject({ refusal: undefined, fault: undefined });
  });
});

test("the table has every call and every errno that it is about", () => {
  const seen = new Set([...Object.keys(OPENING), "mapDma", "unmapDma", "reset"]);
  expect(VFIO_CALLS.filter((call) => !seen.has(call))).toEqual([]);
  expect(ERRNOS.every((errno) => errno in ERRNO)).toBe(true);
});
