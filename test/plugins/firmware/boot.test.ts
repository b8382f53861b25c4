import { describe, expect, test } from "vitest";
import { FIRMWARE_TRACE, type FirmwareEvent } from "backplane/plugins/firmware/contract";
import firmware from "../../../plugins/firmware/index.ts";
import { GUEST } from "backplane";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { withMachine } from "../../kit/index.ts";
import { loadAcpiGolden } from "../../peer/golden.ts";
import { bootGolden } from "./run.ts";

const selects = (events: readonly FirmwareEvent[]): string[] =>
  events.flatMap((event) => (event.kind === "select" ? [event.name] : []));
const stages = (events: readonly FirmwareEvent[]): string[] =>
  events.flatMap((event) => (event.kind === "stage" ? [event.stage] : []));

const PEER_SELECTS =
  "signature id file_dir etc/e820 numa max_cpus acpi_tables smbios_entries file_dir nographic etc/boot-fail-wait " +
  "etc/reserved-memory-end max_cpus nb_cpus nb_cpus irq0_override etc/smbios/smbios-anchor etc/smbios/smbios-tables " +
  "etc/table-loader etc/acpi/rsdp etc/acpi/nvdimm-mem etc/vmgenid_guid etc/acpi/tables etc/vmgenid_addr " +
  "genroms/kvmvapic.bin boot_menu";

describe("a boot", () => {
  test("selects items in the peer's order", async () => {
    await bootGolden(loadAcpiGolden("seed"), ({ events }) => {
      expect(selects(events)).toEqual(PEER_SELECTS.split(" "));
    });
  });

  test("goes through all stages and halts for want of a boot device", async () => {
    await bootGolden(loadAcpiGolden("q35-256m"), ({ events, machine }) => {
      const expected = ["reset", "probe", "pci", "memory-map", "smbios", "acpi", "option-roms", "boot"];
      expect(stages(events)).toEqual(expected);
      expect(events.at(-1)).toMatchObject({ kind: "halted", reason: "No bootable device." });
      expect(machine.service(FIRMWARE_TRACE).stage).toBe("halted");
    });
  });

  test("reaches the table loader about when SeaBIOS does", async () => {
    await bootGolden(loadAcpiGolden("q35-256m"), ({ events }) => {
      const select = events.find((event) => event.kind === "select" && event.name === "etc/table-loader");
      const peer = 468_629 * 8;
      expect(Math.abs((select?.at ?? 0) - peer) / peer).toBeLessThan(0.02);
    });
  });

  test("is the same after a reset, and in slices of any length", async () => {
    await bootGolden(loadAcpiGolden("root-port-vmgenid"), async ({ machine, events }) => {
      const first = [...events];
      const began = machine.service(FIRMWARE_TRACE).events.length;
      machine.reset("host-qmp-system-reset");
      await machine.idle();
      const second = machine.service(FIRMWARE_TRACE).events;
      const untimed = (list: readonly FirmwareEvent[]): unknown[] => list.map(({ at: _at, ...event }) => event);
      expect(began).toBe(first.length);
      expect(untimed(second)).toEqual(untimed(first));

      const guest = machine.service(GUEST);
      guest.reset();
      let slices = 0;
      while (guest.run(1) === "running") slices++;
      expect(slices).toBeGreaterThan(100);
      expect(untimed(machine.service(FIRMWARE_TRACE).events)).toEqual(untimed(first));
    });
  });

  test("writes the generation id's address back", async () => {
    await bootGolden(loadAcpiGolden("vmgenid"), ({ machine, memory }) => {
      const address = machine.service(FW_CFG).file("etc/vmgenid_addr");
      expect(address?.size).toBe(8);
      machine.service(FW_CFG).select(address?.key ?? 0);
      const target = Buffer.from(machine.service(FW_CFG).read(8)).readBigUInt64LE();
      // The GUID lies 40 bytes into its file.
      const golden = loadAcpiGolden("vmgenid").fwCfg.find(({ name }) => name === "etc/vmgenid_guid");
      expect(memory(Number(target), 16).toString("hex")).toBe(
        Buffer.from(golden?.data ?? "", "base64")
          .subarray(40, 56)
          .toString("hex")
          .padEnd(32, "0"),
      );
    });
  });
});

test("on a machine without fw_cfg the firmware says so and halts", async () => {
  await withMachine({ with: [firmware] }, async (machine) => {
    machine.cont();
    await machine.idle();
    expect(machine.service(FIRMWARE_TRACE).events.at(-1)).toMatchObject({
      kind: "halted",
      reason: "no fw_cfg device answers at port 0x510",
    });
  });
});
