// Firmware ACPI Control Structure: ACPI 1.0b §5.2.6, ACPI 6.5 §5.2.10. It has no checksum.
import type { TableImage } from "./table.ts";
import { TableWriter } from "./table-writer.ts";

const LENGTH = 64;

/** All zero after signature and length: firmware and operating system own the rest. */
export function buildFacs(): TableImage {
  return {
    bytes: new TableWriter()
      .text("FACS", 4)
      .u32(LENGTH)
      .zeros(LENGTH - 8)
      .finish(),
    sealed: true,
  };
}
