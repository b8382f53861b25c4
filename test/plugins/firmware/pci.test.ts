import { describe, expect, test } from "vitest";
import { acpiGoldenNames, loadAcpiGolden, type Json } from "../../peer/golden.ts";
import { programmed, type FakePciHost } from "./fake-pci-host.ts";
import { decisions, peerBuses } from "./golden-machine.ts";
import { goldenOf, peerPciCases } from "./peer-cases.ts";
import { bootGolden } from "./run.ts";

/** The fake hardware is a q35. */
const UNSUITABLE = new Set(["none", "i440fx"]);

const cases = acpiGoldenNames().filter((name) => !UNSUITABLE.has(name));

function expectPeersPci(pci: FakePciHost, reply: Json | undefined): void {
  for (const { bus, devices } of peerBuses(reply)) {
    expect({ bus, devices: programmed(pci.roots.get(bus) ?? []) }).toEqual({ bus, devices: decisions(devices) });
  }
}

describe("bus numbers, BARs, windows and interrupt lines as SeaBIOS leaves them", () => {
  test.each(cases)("%s", async (name) => {
    const golden = loadAcpiGolden(name);
    await bootGolden(golden, ({ pci }) => expectPeersPci(pci, golden.phases.firmware?.pci));
  });
});

describe("more machines", () => {
  test.each(peerPciCases())("$name: $args", async (peer) => {
    await bootGolden(
      goldenOf(peer),
      ({ pci }) => {
        expectPeersPci(pci, peer.pci);
        expect(pci.writes).toEqual(peer.writes.slice(0, peer.writes.indexOf(LAST) + 1));
      },
      peer.name === "reserve" ? { hints: RESERVE } : {},
    );
  });
});

/** Write protection of the option ROMs. What the peer does later is code of a ROM, which this guest does not run. */
const LAST = "00:00.0 @0x94 <- 0x333111";

/** bus-reserve=3, io-reserve=8K, mem-reserve=16M, pref64-reserve=64M, as the peer's capability has them. */
const RESERVE = (() => {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32LE(3, 0);
  bytes.writeUInt32LE(0x2000, 4);
  bytes.writeUInt32LE(16 << 20, 12);
  bytes.writeUInt32LE(0xffff_ffff, 16);
  bytes.writeUInt32LE(64 << 20, 20);
  return bytes;
})();
