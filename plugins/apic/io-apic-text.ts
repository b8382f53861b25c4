// The I/O APIC's redirection table as `info pic` shows it.
const DELIVERY = ["fixed", "lowest", "SMI", "...", "NMI", "INIT", "...", "extINT"] as const;
const FIRST_ENTRY = 0x10;
const BIT = { logical: 0x800, activeLow: 0x2000, remoteIrr: 0x4000, level: 0x8000, masked: 0x10000 } as const;

export interface IoApicState {
  readonly version: number;
  readonly id: number;
  readonly select: number;
  /** Pins that ask to be served. */
  readonly request: number;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

export function ioApicText({ version, id, select, request, low, high }: IoApicState): string {
  const selected = select === 0 ? "" : ` (redir[${(select - FIRST_ENTRY) >>> 1}])`;
  let text = `ioapic0: ver=0x${hex(version, 1)} id=0x${hex(id, 2)} sel=0x${hex(select, 2)}${selected}\n`;
  let inService = 0;
  for (const [pin, entry] of low.entries()) {
    const upper = high[pin] ?? 0;
    const has = (bit: number): boolean => (entry & bit) !== 0;
    if (has(BIT.level) && has(BIT.remoteIrr)) inService |= 1 << pin;
    const destination = (upper >>> 24) & (has(BIT.logical) ? 0xff : 0x0f);
    const words = [
      has(BIT.activeLow) ? "active-lo" : "active-hi",
      (has(BIT.level) ? "level" : "edge").padEnd(5),
      (has(BIT.masked) ? "masked" : "").padEnd(6),
      (DELIVERY[(entry >> 8) & 7] ?? "").padEnd(6),
      has(BIT.logical) ? "logical" : "physical",
    ];
    const value = `0x${hex(upper, 8)}${hex(entry, 8)}`;
    const vector = String(entry & 0xff).padEnd(3);
    text += `  pin ${String(pin).padEnd(2)} ${value} dest=${hex(destination, 1)} vec=${vector} ${words.join(" ")}\n`;
  }
  return text + pins("  IRR", request) + pins("  Remote IRR", inService);
}

function pins(name: string, bits: number): string {
  const set = Array.from({ length: 24 }, (_, pin) => pin).filter((pin) => (bits & (1 << pin)) !== 0);
  const listed = set.map((pin) => `${String(pin).padEnd(2)} `).join("");
  return `${name.padEnd(10)} ${set.length === 0 ? "(none)" : listed}\n`;
}
