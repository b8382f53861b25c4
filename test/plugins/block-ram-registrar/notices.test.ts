import { expect } from "vitest";
import {
  AnonymousMemory,
  byteLength,
  disposable,
  guestAddress,
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  HOST_RESOURCES,
  KiB,
  MEMORY_REGIONS,
  RAM_LIST,
  SYSTEM_MEMORY,
  type HostAddressSpace,
  type HostMappingNotifiers,
  type Logger,
  type LogRecord,
  type Machine,
} from "backplane";
import type { TestMachineOptions } from "backplane/kit";
import { describeRAMBlockNotifier, describeUntold, type UntoldStory } from "backplane/kit/conformance";
import type { BlockBackend } from "backplane/plugins/block/contract";
import { BLOCK_RAM_REGISTRARS } from "backplane/plugins/block-ram-registrar/contract";
import q35 from "../../../machines/q35.ts";
import { registrarManifest } from "../../../plugins/block-ram-registrar/manifest.ts";
import { Registrar } from "../../../plugins/block-ram-registrar/registrar.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { Board } from "../pci/board.ts";
import { BlockTestDriver } from "../virtio/block-driver.ts";
import { benchOf, registrarMachine, type RegistrarBench } from "./registrar-bench.ts";

describeRAMBlockNotifier("block-ram-registrar", () => {
  const backend = { registerBuffer: () => disposable(() => undefined) } as unknown as BlockBackend;
  const log = { error: () => undefined } as unknown as Logger;
  // The suite tells it; it need not subscribe.
  const silent = { add: () => disposable(() => undefined) };
  return new Registrar(
    backend,
    { path: "/disk", log },
    {
      blocks: silent as never,
      mappings: silent as unknown as HostMappingNotifiers,
      memory: { find: () => undefined } as unknown as HostAddressSpace,
      closed: () => undefined,
    },
  );
});

const subscriber = "block-ram-registrar";
const { blocks, hostMappings } = registrarManifest;
const untold = (position: object | undefined): string =>
  position !== undefined && "untold" in position ? String(position.untold) : "";

/** A story of a registrar without a device. */
function told(kind: UntoldStory["kind"], breaks: string, story: (bench: RegistrarBench) => void): void {
  describeUntold({
    subscriber,
    kind,
    breaks,
    machine: registrarMachine,
    story: (machine, log) => {
      const bench = benchOf(machine, log);
      try {
        story(bench);
      } finally {
        bench.close();
      }
    },
  });
}

const PLUGGED = 0x1_0000_0000;
const LENGTH = byteLength(64 * KiB);

describeUntold({
  subscriber,
  kind: "added",
  breaks: untold(blocks.added),
  machine: (): TestMachineOptions => ({
    ...definitionOf([
      ..."-machine q35 -m 64M -nodefaults -blockdev null-co,node-name=n".split(" "),
      ..."-device virtio-blk-pci,drive=n,addr=1".split(" "),
    ]),
    type: q35,
  }),
  story: async (machine: Machine, log: readonly LogRecord[]) => {
    const driver = new BlockTestDriver(new Board(machine, log)).start();
    const regions = machine.service(MEMORY_REGIONS);
    const region = regions.ram("plugged", LENGTH);
    machine.service(SYSTEM_MEMORY).root.addSubregion(guestAddress(PLUGGED), region);
    expect(await driver.read(0, PLUGGED, 4 * KiB)).toBe(0);
    const [registrar] = machine.service(BLOCK_RAM_REGISTRARS).all();
    expect(registrar?.transfers).toEqual({ direct: 1, bounced: 0 });
  },
});

told("removed", untold(blocks.removed), ({ machine, open, ram, outstanding }) => {
  const block = ram("ram", LENGTH);
  open();
  machine.service(RAM_LIST).free(block);
  expect(outstanding()).toMatchObject({ buffers: 0, "locked bytes": 0 });
});

function publish(machine: Machine) {
  const placed = machine.service(HOST_ADDRESS_SPACE).place(new AnonymousMemory(LENGTH));
  const mapping = {
    kind: "host-mapping",
    owner: "xen-mapcache",
    hostAddress: placed.address,
    length: placed.length,
  } as const;
  const published = machine.service(HOST_MAPPING_NOTIFIERS).publish(mapping);
  return disposable(() => {
    void published.dispose();
    void placed.dispose();
  });
}

told("mapping-added", untold(hostMappings?.added), ({ machine, open, outstanding }) => {
  open();
  const published = publish(machine);
  const { buffers } = outstanding();
  void published.dispose();
  expect(buffers).toBe(1);
});

told("mapping-removed", untold(hostMappings?.removed), ({ machine, open, outstanding }) => {
  open();
  void publish(machine).dispose();
  expect(outstanding()).toMatchObject({ buffers: 0, "locked bytes": 0 });
  expect(machine.service(HOST_RESOURCES).all()).not.toEqual([]);
});
