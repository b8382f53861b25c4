import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { FIRMWARE_TRACE } from "backplane/plugins/firmware/contract";
import { acpiGoldenNames, loadAcpiGolden } from "../../peer/golden.ts";
import { bootGolden } from "./run.ts";

const UNSUITABLE = new Set(["none", "i440fx", "acpi-off"]);
/** SeaBIOS ended with tables of its own, or with none. */
const WITHOUT = ["seed", "seed-2021", "seed-root-port"];

const cases = acpiGoldenNames().filter((name) => !UNSUITABLE.has(name) && !WITHOUT.includes(name));

describe("the tables in guest memory as SeaBIOS leaves them", () => {
  test.each(cases)("%s", async (name) => {
    const golden = loadAcpiGolden(name);
    const { guest } = golden;
    await bootGolden(golden, ({ machine, memory, events }) => {
      expect(events.filter(({ kind }) => kind === "rejected")).toEqual([]);
      expect(machine.service(FIRMWARE_TRACE).rsdp).toBe(guest?.rsdp.address);
      expect(memory(guest?.rsdp.address ?? 0, 20).toString("hex")).toBe(guest?.rsdp.hex);
      const tables = (guest?.tables ?? []).map(({ address, length }) => {
        const bytes = memory(address, length);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        return { address, signature: bytes.toString("latin1", 0, 4), length: bytes.readUInt32LE(4), sha256 };
      });
      expect(tables).toEqual(guest?.tables);
    });
  });
});

/** What the peer has after system_reset on the seed's machine. */
const PEER_SECOND_BOOT = {
  rsdp: 0xf_5230,
  hex: "5253442050545220c4424f434853200032e0fd7f",
  dsdt: 0x7ffb_e040,
} as const;

describe("machines on which the script fails", () => {
  test("the seed's machine: twelve pointers and a checksum lie behind what was read, and the RSDP leads nowhere", async () => {
    const golden = loadAcpiGolden("seed");
    await bootGolden(golden, ({ machine, events, memory }) => {
      const rejected = events.flatMap((event) => (event.kind === "rejected" ? [event.command.split(" ")[0]] : []));
      expect(rejected.filter((command) => command === "add-pointer")).toHaveLength(12);
      expect(rejected.filter((command) => command === "add-checksum")).toHaveLength(1);
      expect(rejected).toHaveLength(13);
      expect(machine.service(FIRMWARE_TRACE).rsdp).toBe(golden.guest?.rsdp.address);
      expect(memory(golden.guest?.rsdp.address ?? 0, 20).toString("hex")).toBe(golden.guest?.rsdp.hex);
      expect(events.find(({ kind }) => kind === "acpi")).toMatchObject({ installed: false });
    });
  });

  test("the seed's machine after a reset: the directory has the new size by then, and ACPI is installed", async () => {
    await bootGolden(loadAcpiGolden("seed"), async ({ machine, memory }) => {
      machine.reset("host-qmp-system-reset");
      await machine.idle();
      const { events, rsdp } = machine.service(FIRMWARE_TRACE);
      expect(events.filter(({ kind }) => kind === "rejected")).toEqual([]);
      expect(events.find(({ kind }) => kind === "acpi")).toMatchObject({ installed: true });
      expect(rsdp).toBe(PEER_SECOND_BOOT.rsdp);
      expect(memory(PEER_SECOND_BOOT.rsdp, 20).toString("hex")).toBe(PEER_SECOND_BOOT.hex);
      expect(memory(PEER_SECOND_BOOT.dsdt, 4).toString("latin1")).toBe("DSDT");
    });
  });

  test.each(["seed-2021", "seed-root-port"])("%s: the script is cut off, and leaves no RSDP", async (name) => {
    await bootGolden(loadAcpiGolden(name), ({ machine, events }) => {
      expect(machine.service(FIRMWARE_TRACE).rsdp).toBeUndefined();
      expect(events.find(({ kind }) => kind === "acpi")).toMatchObject({ installed: false, rsdp: undefined });
    });
  });
});
