// PCI IRQ Routing Table, version 1.0 (Microsoft, "PCI IRQ Routing Table Specification"). SeaBIOS installs this one on every
// PC, whatever the chipset: six slots behind the router of Intel's PIIX. Systems with ACPI or an MP table ignore it.
import { completeChecksum, view } from "../bytes.ts";

const LENGTH = 128;
const SLOTS = 6;
const PINS = 4;
const ROUTER = { devfn: 0x08, id: 0x122e_8086 } as const;
const FIRST_LINK = 0x60;
/** IRQ 3 to 7, 9 to 12, 14 and 15. */
const LINES = 0xdef8;

export function pirTable(): Uint8Array {
  const table = Buffer.alloc(LENGTH);
  table.write("$PIR", "latin1");
  table.writeUInt16LE(0x0100, 4);
  table.writeUInt16LE(LENGTH, 6);
  table.writeUInt8(ROUTER.devfn, 9);
  table.writeUInt32LE(ROUTER.id, 12);
  for (let slot = 0; slot < SLOTS; slot++) {
    const entry = 32 + slot * 16;
    table.writeUInt8((slot + 1) << 3, entry + 1);
    for (let pin = 0; pin < PINS; pin++) {
      table.writeUInt8(FIRST_LINK + ((slot + pin) % PINS), entry + 2 + pin * 3);
      table.writeUInt16LE(LINES, entry + 3 + pin * 3);
    }
    table.writeUInt8(slot, entry + 14);
  }
  completeChecksum(view(table), 31);
  return table;
}
