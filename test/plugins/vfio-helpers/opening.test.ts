import { describe, expect, test } from "vitest";
import { definePlugin, HOST_ADDRESS_SPACE, HostCalls, type JsonObject } from "backplane";
import { withMachine } from "backplane/kit";
import { VFIO_CALLS, VFIO_HELPERS, VFIO_HOST } from "backplane/plugins/vfio-helpers/contract";
import block from "../../../plugins/block/index.ts";
import vfioHelpers from "../../../plugins/vfio-helpers/index.ts";
import type { DeviceBus } from "../../../plugins/vfio-helpers/model/function.ts";
import { ModelHost, modelTime } from "../../../plugins/vfio-helpers/model/host.ts";
import { FileClaims } from "../../../plugins/vfio-helpers/model/nvme/file-claims.ts";
import { NvmeController } from "../../../plugins/vfio-helpers/model/nvme/controller.ts";
import { ADDRESS, benchOf, KiB, nodeOf, withVfio, type VfioBenchOptions } from "./vfio-machine.ts";

const NAMESPACES = [{ size: 64 * KiB }];

const refusal = (controller: JsonObject, options: JsonObject = {}, more: VfioBenchOptions = {}) =>
  withMachine(
    {
      with: [block, vfioHelpers],
      options: {
        "vfio-helpers": {
          value: { devices: [{ kind: "nvme", address: ADDRESS, namespaces: NAMESPACES, ...controller }], ...more.vfio },
        },
      },
    },
    async (machine) => {
      try {
        await benchOf(machine, [], "").open(options);
        return "opened";
      } catch (failure) {
        return (failure as Error).message;
      }
    },
  );

describe("a controller that cannot be used", () => {
  test.each<[string, JsonObject, JsonObject, string]>([
    [
      "one that takes longer to start than it says",
      { readyAfterMs: 1200, readyTimeoutMs: 1000 },
      {},
      "Timeout while waiting for device to start (1000 ms)",
    ],
    ["one that takes as long as it says", { readyAfterMs: 900, readyTimeoutMs: 1000 }, {}, "opened"],
    ["a namespace that it does not have", {}, { namespace: 2 }, "Invalid namespace"],
    ["a negative namespace", {}, { namespace: -1 }, "Invalid namespace"],
    ["namespace 0", {}, { namespace: 0 }, "Failed to identify namespace"],
    ["one whose group is not viable", { viable: false }, {}, "VFIO group is not viable"],
    [
      "no write cache to turn off",
      { writeCache: false },
      { cache: { direct: true } },
      "NVMe controller doesn't support write cache configuration",
    ],
    ["a write cache that is turned off", {}, { cache: { direct: true } }, "opened"],
    [
      "another address",
      {},
      { device: "0000:02:00.0" },
      "Failed to find iommu group sysfs path: Failed to read the symbolic link “/sys/bus/pci/devices/0000:02:00.0/iommu_group”: No such file or directory",
    ],
    ["short rings and far doorbells", { queueEntries: 4, doorbellStride: 8 }, {}, "opened"],
  ])("%s", async (_name, controller, options, text) => {
    expect(await refusal(controller, options)).toBe(text);
  });

  test("one that somebody else has open", () =>
    withVfio({}, async ({ open }) => {
      await open();
      await expect(open({ "node-name": "again" })).rejects.toThrow(
        "Failed to open VFIO group file: /dev/vfio/0: Device or resource busy",
      );
    }));

  test("memory that may not be locked", async () => {
    const more = { vfio: { memlockLimit: 64 * KiB } };
    expect(await refusal({}, {}, more)).toBe("Cannot map buffer for DMA: VFIO_MAP_DMA failed: Cannot allocate memory");
  });

  test("usable ranges without room", async () => {
    const more = { vfio: { ranges: [{ start: 0, end: 0x1ffff }] } };
    expect(await refusal({}, {}, more)).toBe("Cannot map buffer for DMA: fixed iova range not found");
  });
});

describe("a definition", () => {
  const build = (devices: JsonObject[]) =>
    withMachine({ with: [vfioHelpers], options: { "vfio-helpers": { value: { devices } } } }, () => undefined);
  const device = { kind: "nvme", address: ADDRESS, namespaces: NAMESPACES };

  test.each<[string, JsonObject[], RegExp]>([
    [
      "a file that is not there",
      [{ ...device, namespaces: [{ file: "/nowhere/disk" }] }],
      /^Could not open '\/nowhere\/disk': No such file or directory$/,
    ],
    [
      "a folder",
      [{ ...device, namespaces: [{ file: "/", readOnly: true }] }],
      /^'\/' cannot be a namespace: it is no file$/,
    ],
    ["what is no whole blocks", [{ ...device, namespaces: [{ size: 1000 }] }], /its 1000 bytes are not blocks of 512$/],
    ["less than a block", [{ ...device, namespaces: [{ size: 100 }] }], /it is shorter than a block$/],
    ["neither file nor size", [{ ...device, namespaces: [{}] }], /a namespace has either a file or a size/],
    ["an address of another kind", [{ ...device, address: "1:0" }], /^'1:0' is no PCI address$/],
    ["two of one address", [device, device], /^two devices at 0000:01:00.0$/],
  ])("%s is refused", async (_name, devices, text) => {
    await expect(build(devices)).rejects.toThrow(text);
  });

  test.each<[string, JsonObject[], string]>([
    ["one that ends before it starts", [{ start: 200_000, end: 100 }], "a range that starts before it ends"],
    [
      "two that overlap",
      [
        { start: 0, end: 8191 },
        { start: 4096, end: 65_535 },
      ],
      "ranges that ascend",
    ],
    [
      "two that descend",
      [
        { start: 65_536, end: 131_071 },
        { start: 0, end: 4095 },
      ],
      "ranges that ascend",
    ],
    ["one beyond what a number says", [{ start: 0, end: 2 ** 53 }], "vfio-helpers.ranges[0].end"],
  ])("a usable range that is none is refused: %s", async (_name, ranges, text) => {
    const options = { "vfio-helpers": { value: { devices: [device], ranges } } };
    const built = withMachine({ with: [vfioHelpers], options }, () => undefined);
    await expect(built).rejects.toThrow(text);
  });

  test("without devices there is no VFIO", () =>
    withMachine({ with: [block, vfioHelpers] }, async (machine) => {
      await expect(benchOf(machine, [], "").open()).rejects.toThrow(
        "Failed to open /dev/vfio/vfio: No such file or directory",
      );
    }));

  test("faults are for calls that there are", async () => {
    const value = { faults: [{ call: "fly", errno: "EIO" }] };
    const options = { "vfio-helpers": { value } };
    await expect(withMachine({ with: [vfioHelpers], options }, () => undefined)).rejects.toThrow("has no call 'fly'");
  });
});

describe("somebody else's host", () => {
  /** A controller whose transfers can be made to fail. */
  class FragileController extends NvmeController {
    broken = false;
    override connect(bus: DeviceBus | undefined): void {
      super.connect(
        bus && {
          read: (iova, into) => !this.broken && bus.read(iova, into),
          write: (iova, from) => !this.broken && bus.write(iova, from),
          signal: (vector) => bus.signal(vector),
        },
      );
    }
  }

  test("stands behind the same contract; a controller that fails ends all requests", async () => {
    const time = modelTime();
    const controller = new FragileController(
      {
        address: ADDRESS,
        viable: true,
        serial: "S",
        model: "M",
        mdts: 3,
        doorbellStride: 0,
        queueEntries: 16,
        writeCache: false,
        readyAfterMs: 0,
        readyTimeoutMs: 500,
        namespaces: [{ size: 64 * KiB, blockSize: 512, readOnly: false }],
      },
      time,
      new FileClaims(),
    );
    const host = definePlugin({
      id: "host",
      apiVersion: 1,
      summary: "a host of its own",
      provides: [VFIO_HOST],
      attach(machine) {
        const memory = machine.use(HOST_ADDRESS_SPACE);
        const ranges = [{ start: 0, end: 2 ** 40 }];
        const table = { pageSize: 4096, ranges, entryLimit: 100, memlockLimit: undefined };
        const calls = new HostCalls("host", VFIO_CALLS);
        machine.provideValue(VFIO_HOST, new ModelHost({ functions: [controller], table, memory, calls, time }));
      },
    });
    await withMachine({ with: [block, host, vfioHelpers] }, async (machine, log) => {
      await benchOf(machine, [], "").open();
      const node = nodeOf(machine, "nvme");
      const buffer = new Uint8Array(4096);
      expect(await node.read(0, [buffer])).toBeUndefined();
      expect(() => machine.service(VFIO_HELPERS).modelContainer()).toThrow("VFIO is not the model");
      controller.broken = true;
      const requests = Array.from({ length: 40 }, (_, index) => node.read(index * 512, [new Uint8Array(512)]));
      expect(new Set(await Promise.all(requests))).toEqual(new Set(["EIO"]));
      expect(await node.write(0, [buffer])).toBe("EIO");
      expect(log.map(({ message }) => message)).toContain(
        "NVMe controller 0000:01:00.0 has failed: its requests end with errors",
      );
    });
    controller.close();
  });
});
