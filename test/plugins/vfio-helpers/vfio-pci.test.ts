// A guest that drives a device of the host: registers, messages and DMA of an NVMe controller.
import { describe, expect, test } from "vitest";
import { BackplaneError, COMMANDS, HOST_RESOURCES, MACHINE_CONTROL, type JsonObject } from "backplane";
import { withMachine } from "backplane/kit";
import { VFIO_CALLS } from "backplane/plugins/vfio-helpers/contract";
import { machineTypes } from "../../../machines/index.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { ADDRESS, KiB } from "./vfio-machine.ts";

const BAR = 0xe000_0000;
const MSIX_BAR = 0xe010_0000;
const PLACE = { slot: 5 };
const SUBMISSIONS = 0x10_0000;
const COMPLETIONS = 0x10_1000;
const DATA = 0x10_2000;
const MAILBOX = 0x10_3000;
const MASTER = 0x6;

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

function withGuest(
  story: (board: Board) => Promise<void> | void,
  { vfio = {}, args = [] }: { readonly vfio?: JsonObject; readonly args?: readonly string[] } = {},
): Promise<void> {
  const devices = [{ kind: "nvme", address: ADDRESS, namespaces: [{ size: 64 * KiB }], readyAfterMs: 0 }];
  const options = { "vfio-helpers": { value: { devices, ...vfio } } };
  return withBoard(q35("-device", `vfio-pci,host=${ADDRESS},addr=5`, ...args), story, [], options);
}

/** Sets BARs, the function's own command register, and admin queues of four entries. */
function start(board: Board): void {
  board.config(PLACE, 0x10).write(BAR);
  board.config(PLACE, 0x20).write(MSIX_BAR);
  board.config(PLACE, 0x04).write(MASTER, 2);
  for (const [offset, value] of [
    [0x24, 0x0003_0003],
    [0x28, SUBMISSIONS],
    [0x2c, 0],
    [0x30, COMPLETIONS],
    [0x34, 0],
    [0x14, 0x0046_0001],
  ] as const) {
    board.store(BAR + offset, value);
  }
}

/** Identify controller, in the first entry. */
function identify(board: Board): void {
  for (let at = 0; at < 64; at += 4) board.store(SUBMISSIONS + at, 0);
  board.store(SUBMISSIONS, 0x0001_0006);
  board.store(SUBMISSIONS + 24, DATA);
  board.store(SUBMISSIONS + 40, 1);
  board.store(BAR + 0x1000, 1);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("an NVMe controller of the host in a guest", () => {
  test("is what it is: its identity, its registers", () =>
    withGuest((board) => {
      expect(board.config(PLACE, 0).read()).toBe(0x0010_1b36);
      expect(board.config(PLACE, 8).read()).toBe(0x0108_0200);
      start(board);
      expect(board.load(BAR + 8)).toBe(0x0001_0400);
      expect(board.load(BAR + 0x1c)).toBe(1);
    }));

  test("reaches the guest's memory, and sends it messages", () =>
    withGuest(async (board) => {
      start(board);
      const msix = board.config(PLACE, 0x34).read(1);
      board.store(MSIX_BAR, MAILBOX);
      board.store(MSIX_BAR + 4, 0);
      board.store(MSIX_BAR + 8, 0x4321);
      board.store(MSIX_BAR + 12, 0);
      board.config(PLACE, msix + 2).write(0x8000, 2);
      identify(board);
      expect(board.load(COMPLETIONS + 12)).toBe(0x0001_0001);
      expect(board.load(DATA)).toBe(0x1b36_1b36);
      await turn();
      expect(board.load(MAILBOX)).toBe(0x4321);
    }));

  test("reaches nothing while it may not be a bus master", () =>
    withGuest((board) => {
      start(board);
      board.config(PLACE, 0x04).write(0x2, 2);
      identify(board);
      expect(board.load(DATA)).toBe(0);
      expect(board.load(BAR + 0x1c), "its rings cannot be read").toBe(3);
    }));

  test("reaches memory through an IOMMU that does not translate yet", () =>
    withGuest(
      (board) => {
        start(board);
        identify(board);
        expect(board.load(DATA)).toBe(0x1b36_1b36);
      },
      { args: ["-device", "intel-iommu,caching-mode=on"] },
    ));

  test("is reset with the machine, keeps it from migrating, and gives everything back", () =>
    withGuest(async (board) => {
      const { machine } = board;
      start(board);
      machine.service(MACHINE_CONTROL).reset("host-qmp-system-reset");
      board.config(PLACE, 0x10).write(BAR);
      board.config(PLACE, 0x04).write(MASTER, 2);
      expect(board.load(BAR + 0x14)).toBe(0);
      const migrate = machine.service(COMMANDS).find("migrate");
      await expect(async () => migrate?.run({ uri: "exec:cat" }, client)).rejects.toThrow(
        `${ADDRESS}: VFIO migration is not supported in kernel`,
      );
    }));

  test("whatever call of the host fails, the machine is refused or goes on, and nothing is left", async () => {
    let held = 0;
    for (const call of VFIO_CALLS) {
      for (const nth of [1, 2, 8]) {
        const devices = [{ kind: "nvme", address: ADDRESS, namespaces: [{ size: 64 * KiB }] }];
        const value = { devices, faults: [{ call, nth, errno: "EIO" }] };
        const definition = definitionOf(q35("-device", `vfio-pci,host=${ADDRESS}`));
        const options = { ...definition.options, "vfio-helpers": { value } };
        const type = machineTypes.find(({ aliases = [] }) => aliases.includes("q35"));
        if (type === undefined) throw new Error("no q35");
        try {
          await withMachine({ ...definition, options, type }, (machine) => {
            for (const resource of machine.service(HOST_RESOURCES).all()) held += resource.outstanding();
          });
        } catch (failure) {
          expect(failure).toBeInstanceOf(BackplaneError);
          expect(String(failure)).toMatch(/vfio/);
        }
      }
    }
    expect(held).toBeGreaterThan(0);
  });
});

describe("a device that cannot be given to the guest", () => {
  test.each<[string, string, JsonObject, string | RegExp]>([
    ["no host", "vfio-pci", {}, "No provided host device"],
    ["no address", "vfio-pci,host=zz", {}, "Property 'vfio-pci.host' doesn't take value 'zz'"],
    ["no function", "vfio-pci,host=0000:01:00.8", {}, "Property 'vfio-pci.host' doesn't take value '0000:01:00.8'"],
    [
      "no device",
      "vfio-pci,host=02:00.0",
      {},
      "vfio /sys/bus/pci/devices/0000:02:00.0: no such host device: No such file or directory",
    ],
    [
      "too little memory to lock",
      `vfio-pci,host=${ADDRESS}`,
      { memlockLimit: 4096 },
      /^vfio 0000:01:00.0: Region .*: vfio_container_dma_map\(.*\) = -12 \(Cannot allocate memory\)$/,
    ],
    [
      "a host that fails",
      `vfio-pci,host=${ADDRESS}`,
      { faults: [{ call: "setIommu", errno: "EIO" }] },
      `vfio ${ADDRESS}: Failed to set VFIO IOMMU type: Input/output error`,
    ],
  ])("%s", async (_name, device, vfio, text) => {
    const devices = [{ kind: "nvme", address: ADDRESS, namespaces: [{ size: 64 * KiB }] }];
    const options = { "vfio-helpers": { value: { devices, ...vfio } } };
    const built = withBoard(q35("-device", device), () => undefined, [], options);
    await expect(built).rejects.toThrow(text);
  });
});
