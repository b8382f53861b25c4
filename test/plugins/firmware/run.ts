import { guestAddress, SYSTEM_MEMORY, type AnyPlugin, type Machine } from "backplane";
import firmware from "../../../plugins/firmware/index.ts";
import { FIRMWARE_TRACE, type FirmwareEvent } from "backplane/plugins/firmware/contract";
import fwCfg from "../../../plugins/fw-cfg/index.ts";
import type { AcpiGolden } from "../../peer/golden.ts";
import { withMachine } from "../../kit/index.ts";
import type { FakePciHost } from "./fake-pci-host.ts";
import { goldenHardware, type HardwareChange } from "./golden-machine.ts";

export interface Boot {
  readonly machine: Machine;
  readonly pci: FakePciHost;
  readonly events: readonly FirmwareEvent[];
  readonly memory: (address: number, length: number) => Buffer;
}

/** Boots a golden's machine on fake hardware until the firmware halts. */
export async function bootGolden<T>(
  golden: AcpiGolden,
  look: (boot: Boot) => T | Promise<T>,
  change: HardwareChange = {},
): Promise<T> {
  const { plugin, pci } = goldenHardware(golden, change);
  const plugins: AnyPlugin[] = [fwCfg, plugin, firmware];
  return withMachine({ with: plugins }, async (machine) => {
    machine.cont();
    await machine.idle();
    const memory = (address: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      machine.service(SYSTEM_MEMORY).read(guestAddress(address), bytes);
      return bytes;
    };
    return look({ machine, pci, events: machine.service(FIRMWARE_TRACE).events, memory });
  });
}
