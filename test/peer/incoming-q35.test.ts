// A q35 goes from one to the other and back: the peer takes our stream, and we take the peer's.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { COMMANDS, Machine, RUN_STATES } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { machineTypes } from "../../machines/index.ts";
import { definitionOf } from "../machines/golden-machine.ts";
import { migrationCases } from "./cases/migration.ts";
import type { Json } from "./golden.ts";
import { Peer } from "./peer.ts";

const ARGS = ["-machine", "q35", "-m", "64M", "-smp", "2", "-nodefaults", "-display", "none"];
const PORTS = [
  "-device",
  "pcie-root-port,id=rp,chassis=1,slot=1",
  "-device",
  "pvpanic-pci",
  "-device",
  "vmcoreinfo",
  "-serial",
  "null",
];
const DEFAULTS = "-machine q35 -m 64M -display none -nic none -device e1000e".split(" ");
const CARDS = migrationCases.find(({ name }) => name === "q35-cards")?.args ?? [];
const SEED = [
  ..."-machine q35,nvdimm=on -cpu max -m 64M,slots=2,maxmem=2G -nodefaults -display none".split(" "),
  ..."-object memory-backend-ram,id=mem0,size=16M -device nvdimm,id=nvdimm0,memdev=mem0,label-size=128K,slot=1".split(
    " ",
  ),
  ..."-device vmgenid,guid=324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87 -device intel-iommu".split(" "),
];
const CLIENT = { id: "test", onClose: () => ({ dispose: () => undefined }) };
const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-peer-"));
afterAll(() => rmSync(folder, { recursive: true }));
const stream = path.join(folder, "stream");

async function settled(peer: Peer): Promise<Json> {
  for (;;) {
    const { status = null } = (await peer.execute("query-migrate")) as { [key: string]: Json };
    if (status === "completed" || status === "failed") return status;
  }
}

async function withPeer<T>(args: readonly string[], use: (peer: Peer) => Promise<T>): Promise<T> {
  const peer = await Peer.start([...(args.some((word) => word.includes("accel=")) ? [] : ["-accel", "tcg"]), ...args]);
  try {
    return await use(peer);
  } finally {
    await peer.close();
  }
}

async function withOurs<T>(args: readonly string[], use: (machine: Machine) => Promise<T>): Promise<T> {
  const machine = await Machine.create(definitionOf(args), { types: machineTypes });
  try {
    return await use(machine);
  } finally {
    await machine.dispose();
  }
}

describe.each([
  ["the board", ARGS],
  ["ports and cards", [...ARGS, ...PORTS]],
  ["its default devices", DEFAULTS],
  ["many cards", CARDS],
  ["an NVDIMM, a generation ID and an IOMMU", SEED],
])("a q35 with %s", (_what, args) => {
  test.each([
    ["before it runs", false],
    ["after it has booted", true],
  ])("goes from us to the peer %s", async (_when, boots) => {
    await withOurs(args, async (machine) => {
      if (boots) {
        machine.cont();
        await machine.idle();
        machine.stop();
      }
      await machine
        .service(COMMANDS)
        .find("migrate")
        ?.run({ uri: `file:${stream}` }, CLIENT);
      expect(await machine.service(MIGRATION).settled()).toBe("completed");
    });
    await withPeer([...args, "-incoming", `file:${stream}`], async (peer) =>
      expect(await settled(peer)).toBe("completed"),
    );
  });

  test("goes from the peer to us", async () => {
    await withPeer(args, async (peer) => {
      await peer.execute("migrate", { uri: `exec:cat > ${stream}` });
      expect(await settled(peer)).toBe("completed");
    });
    await withOurs([...args, "-incoming", `file:${stream}`], async (machine) => {
      const migration = machine.service(MIGRATION);
      await new Promise<void>((resolve) => {
        migration.onIncoming(({ status }) => {
          if (status === "completed" || status === "failed") setImmediate(resolve);
        });
      });
      expect(migration.incoming).toMatchObject({ status: "completed" });
      expect(machine.service(RUN_STATES).current).toBe("prelaunch");
    });
  });
});
