// The thread's question, answered by a guest: device_del only asks, and a guest that lets go while a migration runs takes
// a migratable RAM block away. configs/eject-amid-migration.yaml does it by ACPI; here the slot is switched off natively.
// QEMU 10.0.2 completes such a migration; test/peer/eject.test.ts watches it do so.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { guestAddress, Machine, RAM_LIST, SYSTEM_IO } from "backplane";
import { machineTypes } from "../../machines/index.ts";
import { readStream } from "../../plugins/migration/stream-reader.ts";
import { Rig } from "../plugins/migration/rig.ts";
import { definitionOf } from "./golden-machine.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-eject-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ROM = "0000:00:01.0:00.0/e1000e.rom";
const ARGUMENTS = [
  ..."-machine q35 -nodefaults -m 16M".split(" "),
  ..."-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off".split(" "),
  ..."-device pcie-root-port,id=rp0,chassis=1,slot=1 -device e1000e,id=nic,bus=rp0".split(" "),
];

/** Slot Control of the root port at 00:01.0, whose PCI Express capability is at 0x54 (PCI Express 3.0 §7.8.10). */
const SLOT_CONTROL = 0x80000800 | (0x54 + 0x18);
/** Attention and power indicator off, power off. */
const SWITCHED_OFF = 0x7c0;

function switchSlotOff(machine: Machine): void {
  const io = machine.service(SYSTEM_IO);
  io.store(guestAddress(0xcf8), SLOT_CONTROL >>> 0, 4);
  io.store(guestAddress(0xcfc), SWITCHED_OFF, 2);
}

/** Asks for the card to go, starts a migration, and has the guest let go of the card half-way. */
async function ejectAmidMigration(policy: "abort" | "qemu-10.0", then: (rig: Rig) => Promise<void>): Promise<void> {
  const definition = definitionOf(ARGUMENTS);
  const options = { ...definition.options, "migration/ram": { value: { unsupportedChange: policy } } };
  const machine = await Machine.create({ ...definition, options }, { types: machineTypes });
  try {
    const rig = new Rig(machine, [], folder);
    expect(machine.service(RAM_LIST).byIdstr(ROM)?.migratable).toBe(true);
    await rig.run("device_del", { id: "nic" });
    await rig.run("migrate-set-parameters", { "max-bandwidth": 10_000 });
    await rig.run("migrate", { uri: `file:${rig.file("stream")}` });
    await rig.until("active");
    expect(await rig.answer("device_del", { id: "nic" })).toContain("already in the process of unplug");
    expect(await rig.answer("device_add", { driver: "pvpanic-pci" })).toContain(
      "device_add not allowed while migrating",
    );
    switchSlotOff(machine);
    await rig.when(() => machine.service(RAM_LIST).byIdstr(ROM) === undefined);
    await rig.run("migrate-set-parameters", { "max-bandwidth": 0 });
    await then(rig);
  } finally {
    await machine.dispose();
  }
}

test("a guest that lets go of a card aborts the migration that carries the card's ROM", () =>
  ejectAmidMigration("abort", async (rig) => {
    expect(await rig.settled()).toBe("cancelled");
    expect((await rig.query())["error-desc"]).toBe(`RAM block '${ROM}' removed during precopy.`);
  }));

test("or, as in the peer, completes it with a stream that announces a block which the machine has no more", () =>
  ejectAmidMigration("qemu-10.0", async (rig) => {
    expect(await rig.settled()).toBe("completed");
    const announced = readStream(readFileSync(rig.file("stream"))).ram?.blocks.map(({ idstr }) => idstr) ?? [];
    const present = rig.machine.service(RAM_LIST).blocks();
    expect(announced.filter((name) => !present.some(({ idstr }) => idstr === name))).toEqual([ROM]);
  }));
