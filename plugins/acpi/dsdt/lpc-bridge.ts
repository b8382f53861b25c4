// The LPC bridge: its interrupt routing registers (ICH9 datasheet 316972 §13.1.14 and §13.1.17) and the ISA devices behind it.
import { type AmlNode, Field, OperationRegion, Scope } from "../aml/index.ts";

/** A device on the ISA bus. */
export interface IsaDeviceFacts {
  /** The device's objects; devices that the system need not know about have none. */
  describe(): readonly AmlNode[];
}

const ROUTING_REGISTERS = 0x60;
const ROUTING_LENGTH = 12;

const routes = (letters: string): [string, number][] => Array.from(letters, (letter) => [`PRQ${letter}`, 8]);

/** `devices` are in the order in which they were created; the namespace has the newest first. */
export function lpcBridge(devices: readonly IsaDeviceFacts[]): readonly AmlNode[] {
  return [
    OperationRegion("PIRQ", "PCI_Config", ROUTING_REGISTERS, ROUTING_LENGTH),
    // Link devices use the fields from outside, and a field is known where it is declared.
    Scope(
      "\\_SB",
      Field(
        "PCI0.SF8.PIRQ",
        { access: "ByteAcc", update: "Preserve" },
        ...routes("ABCD"),
        { skip: 32 },
        ...routes("EFGH"),
      ),
    ),
    ...devices.toReversed().flatMap((device) => device.describe()),
  ];
}
