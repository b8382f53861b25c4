import { createHash } from "node:crypto";
import { COMMANDS, guestAddress, Machine, SYSTEM_MEMORY } from "backplane";
import { FIRMWARE_TRACE } from "backplane/plugins/firmware/contract";
import { describe, expect, test } from "vitest";
import { readArguments } from "../../../cli/qemu/arguments.ts";
import { toDefinition } from "../../../cli/qemu/definition.ts";
import { Draft } from "../../../cli/qemu/draft.ts";
import { Messages } from "../../../cli/qemu/messages.ts";
import { pluginOptions } from "../../../cli/qemu/plugin-options.ts";
import { machineTypes } from "../../../machines/index.ts";
import { acpiGoldenNames, loadAcpiGolden, type AcpiGolden } from "../../peer/golden.ts";
import { Workspace } from "../../peer/workspace.ts";

/** Their command lines name devices, options or machine types that Backplane does not have. */
const UNAVAILABLE = "defaults e1000e i440fx none pc-q35-9.2 pxb-e1000e serial usb-on vga virtio-rng-port".split(" ");
/** SeaBIOS ended with tables of its own. */
const FALLBACK = "acpi-off seed-2021 seed-root-port".split(" ");

const cases = acpiGoldenNames().filter((name) => !UNAVAILABLE.includes(name));

/** Builds the golden's machine from its command line, and boots it until the firmware halts. */
async function boot(
  golden: Pick<AcpiGolden, "args" | "files">,
  look: (machine: Machine) => void | Promise<void>,
): Promise<void> {
  const workspace = new Workspace(golden.files);
  try {
    const draft = new Draft(new Messages("test", () => undefined), () => undefined, pluginOptions(machineTypes));
    readArguments(draft, ["-S", ...workspace.expand(golden.args)]);
    const machine = await Machine.create(toDefinition(draft, machineTypes).definition, { types: machineTypes });
    try {
      machine.cont();
      await machine.idle();
      await look(machine);
    } finally {
      await machine.dispose();
    }
  } finally {
    workspace.remove();
  }
}

/** With whole numbers in one type. */
function canonical(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, canonical(member)]));
}

describe("the q35 machine after the firmware, as the peer's after SeaBIOS", () => {
  test.each(cases)("%s", async (name) => {
    const golden = loadAcpiGolden(name);
    await boot(golden, async (machine) => {
      const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };
      const pci = await machine.service(COMMANDS).find("query-pci")?.run({}, client);
      expect(canonical(pci)).toEqual(canonical(golden.phases.firmware?.pci));
      if (FALLBACK.includes(name)) return expect(machine.service(FIRMWARE_TRACE).rsdp).toBeUndefined();

      const { guest } = golden;
      expect(machine.service(FIRMWARE_TRACE).rsdp).toBe(guest?.rsdp.address);
      const tables = (guest?.tables ?? []).map(({ address, length }) => {
        const bytes = Buffer.alloc(length);
        machine.service(SYSTEM_MEMORY).read(guestAddress(address), bytes);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        return { address, signature: bytes.toString("latin1", 0, 4), length: bytes.readUInt32LE(4), sha256 };
      });
      expect(tables).toEqual(guest?.tables);
    });
  });
});

/** The peer's memory from the RSDP up to 0xF5580: RSDP, SMBIOS anchor and tables, MP table, PIR table. */
const F_SEGMENTS = [
  { args: "", rsdp: 0xf5250, sha256: "c877a0b4e2111e33321e818cfc97e5afbd926552e4b723ae24ae53bb356b0485" },
  {
    args: "-smp 8,sockets=8",
    rsdp: 0xf5350,
    sha256: "7c25baf37adbde25839fecb92836f75f44901ff6306a966120f6ab3d767a5cb1",
  },
  {
    args: "-machine smbios-entry-point-type=64",
    rsdp: 0xf5250,
    sha256: "d7f6da5f59be1f4ebace8788eb10aaa150a5cb0dda7228d6b7637636ae174852",
  },
  {
    args: "-smp 4,sockets=4",
    rsdp: 0xf5150,
    sha256: "d0603cf4d9869246c96d1e5843d872b85a60ee0dd17d60627cd82446d2e4de99",
  },
  {
    args: "-device pcie-root-port,id=rp0,chassis=1 -device pcie-root-port,id=rp1,chassis=2",
    rsdp: 0xf5240,
    sha256: "11c464ff78170e4cdc7a13e3c95d34bde350266d4dc0dd715cb84bf0fdaa8bfc",
  },
];

describe("the tables below 1 MiB to the byte, with -machine q35 -m 256M -nodefaults", () => {
  test.each(F_SEGMENTS)("$args", async ({ args, rsdp, sha256 }) => {
    const base = ["-machine", "q35", "-m", "256M", "-nodefaults", "-display", "none", "-serial", "none"];
    await boot({ args: [...base, ...args.split(" ").filter((word) => word !== "")], files: [] }, (machine) => {
      expect(machine.service(FIRMWARE_TRACE).rsdp).toBe(rsdp);
      const bytes = Buffer.alloc(0xf_5580 - rsdp);
      machine.service(SYSTEM_MEMORY).read(guestAddress(rsdp), bytes);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    });
  });
});
