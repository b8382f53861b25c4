// The order in which the firmware tries drives, in the clock's memory: Ralf Brown's CMOS list, 3Dh and 38h.
import { isaErrors } from "./errors.ts";
import type { Cmos } from "./contract.ts";

const AT = { first: 0x3d, third: 0x38 } as const;
const PLACES = 3;
const CODES: Readonly<Record<string, number>> = { a: 1, b: 1, c: 2, d: 3, n: 4 };

/** Three drives, one nibble each. Throws when there are more, or one that a PC does not have. */
export function bootCodes(order: string): readonly number[] {
  if (order.length > PLACES) throw isaErrors.BOOT_DRIVES();
  return Array.from(order, (drive) => {
    const code = CODES[drive];
    if (code === undefined) throw isaErrors.BOOT_DRIVE(drive);
    return code;
  });
}

export function setBootOrder(cmos: Cmos, order: string): void {
  const [first = 0, second = 0, third = 0] = bootCodes(order);
  cmos.set(AT.first, (second << 4) | first);
  cmos.set(AT.third, third << 4);
}
