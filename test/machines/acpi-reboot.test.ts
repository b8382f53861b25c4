// What a reset leaves of the rebuild: figures and tables as measured on the peer, which was reset the same way.
import { EVENTS, MACHINE_CONTROL, type MonitorEvent } from "backplane";
import { expect, test } from "vitest";
import { loadAcpiGolden } from "../peer/golden.ts";
import { readGuestAcpi } from "../peer/guest-acpi.ts";
import { type GoldenMachine, withGoldenMachine } from "./golden-machine.ts";

const reset = ({ machine }: GoldenMachine): void => machine.service(MACHINE_CONTROL).reset("host-qmp-system-reset");

test("the seed's second boot finds a file that does not grow any more, and installs its tables", () =>
  withGoldenMachine(loadAcpiGolden("seed"), async (ours) => {
    await ours.boot();
    expect((await readGuestAcpi(ours))?.tables).toEqual([]);
    const grown = ours.ramBlocks();
    reset(ours);
    expect(ours.ramBlocks()).toBe(grown);
    await ours.boot();
    expect(ours.ramBlocks()).toBe(grown);
    const guest = await readGuestAcpi(ours);
    expect(guest?.unreachable).toEqual([]);
    const expected = "RSDT FACP FACS DSDT APIC SSDT HPET SRAT MCFG DMAR SSDT NFIT WAET FI1A FI2A";
    expect(guest?.tables.map(({ signature }) => signature).join(" ")).toBe(expected);
  }));

test("every boot gives the same tables", () =>
  withGoldenMachine(loadAcpiGolden("root-port-three"), async (ours) => {
    const golden = loadAcpiGolden("root-port-three");
    for (let boot = 0; boot < 3; boot++) {
      await ours.boot();
      expect(await readGuestAcpi(ours)).toEqual(golden.guest);
      reset(ours);
    }
  }));

test("a firmware that wakes up in its own shadow resets the machine once more", () =>
  withGoldenMachine(loadAcpiGolden("q35-256m"), async (ours) => {
    await ours.boot();
    const resets: MonitorEvent["data"][] = [];
    ours.machine.service(EVENTS).listen(({ name, data }) => {
      if (name === "RESET") resets.push(data);
    });
    for (let boot = 0; boot < 2; boot++) {
      reset(ours);
      await ours.boot();
    }
    const once = [
      { guest: false, reason: "host-qmp-system-reset" },
      { guest: true, reason: "guest-reset" },
    ];
    expect(resets).toEqual([...once, ...once]);
  }));
