import { expect, test } from "vitest";
import { DEVICES, MACHINE } from "backplane";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { q35, withBoard } from "../plugins/pci/board.ts";
import { machineTypes } from "../../machines/index.ts";

const of = (version: string, ...args: string[]) => q35("-machine", `pc-q35-${version}`, ...args);

const property = (driver: string, name: string) => (board: Parameters<Parameters<typeof withBoard>[1]>[0]) =>
  board.machine
    .service(DEVICES)
    .all()
    .find(({ context }) => context.type.name === driver)?.context.properties[name];

test("versions stand in the list newest first, the alias's last", () => {
  expect(machineTypes.map(({ name }) => name)).toEqual([
    ...[
      "9.2",
      "9.1",
      "9.0",
      "8.2",
      "8.1",
      "8.0",
      "7.2",
      "7.1",
      "7.0",
      "6.2",
      "6.1",
      "6.0",
      "5.2",
      "5.1",
      "5.0",
      "4.2",
      "4.1",
    ].map((version) => `pc-q35-${version}`),
    "pc-q35-10.0",
    "none",
  ]);
});

test.each([
  ["9.1", "ICH9-LPC", "x-smi-swsmi-timer", false],
  ["7.2", "ICH9-LPC", "noreboot", true],
  ["6.1", "ICH9-LPC", "acpi-pci-hotplug-with-bridge-support", true],
  ["6.0", "ICH9-LPC", "acpi-pci-hotplug-with-bridge-support", false],
  ["5.0", "mch", "smbase-smram", true],
  ["4.1", "mch", "smbase-smram", false],
])("pc-q35-%s: %s.%s is %s", (version, driver, name, value) =>
  withBoard(of(version), (board) => expect(property(driver, name)(board)).toBe(value)),
);

test("a global counts more than the version's default", () =>
  withBoard(of("7.2", "-global", "ICH9-LPC.noreboot=off"), (board) =>
    expect(property("ICH9-LPC", "noreboot")(board)).toBe(false),
  ));

test("older versions prefer sockets, and have another processor", () =>
  withBoard(of("6.0", "-smp", "4"), (board) => {
    const { topology, identity } = board.machine.service(CPUS);
    expect([topology.sockets, topology.cores]).toEqual([4, 1]);
    expect(identity.signature).toBe(0x663);
    expect(board.machine.service(MACHINE).type.deprecated).toBe(true);
  }));
