// Counters: 82574 Datasheet §10.2.7. They stop at their largest value, and reading clears them.
import type { Cast } from "./packet.ts";
import { R } from "./registers.ts";

const FULL = 0xffff_ffff;
/** §10.2.7.5: octets are counted with the frame check sequence. */
const CHECK_SEQUENCE = 4;
/** Frames up to these lengths, and a sixth counter for the rest. */
const LIMITS = [64, 127, 255, 511, 1023] as const;

export function count(registers: Uint32Array, index: number): void {
  const value = registers[index] ?? 0;
  if (value !== FULL) registers[index] = value + 1;
}

/** A counter of 64 bits in two registers, the low one first. */
function add(registers: Uint32Array, index: number, amount: number): void {
  const low = (registers[index] ?? 0) + amount;
  const high = (registers[index + 1] ?? 0) + (low > FULL ? 1 : 0);
  registers[index] = high > FULL ? FULL : low;
  registers[index + 1] = high > FULL ? FULL : high;
}

function countLength(registers: Uint32Array, first: number, length: number): void {
  // Shorter ones are counted nowhere.
  if (length < LIMITS[0]) return;
  const found = LIMITS.findIndex((limit) => length <= limit);
  count(registers, first + (found === -1 ? LIMITS.length : found));
}

export function countTransmitted(registers: Uint32Array, length: number, cast: Cast): void {
  const octets = length + CHECK_SEQUENCE;
  countLength(registers, R.PTC64, octets);
  count(registers, R.TPT);
  add(registers, R.TOTL, octets);
  if (cast === "broadcast") count(registers, R.BPTC);
  if (cast === "multicast") count(registers, R.MPTC);
  count(registers, R.GPTC);
  add(registers, R.GOTCL, octets);
}

/** `stored` is what went to memory, with or without the check sequence. */
export function countReceived(registers: Uint32Array, length: number, stored: number, cast: Cast): void {
  countLength(registers, R.PRC64, stored);
  count(registers, R.TPR);
  count(registers, R.GPRC);
  add(registers, R.TORL, length + CHECK_SEQUENCE);
  add(registers, R.GORCL, length + CHECK_SEQUENCE);
  if (cast === "broadcast") count(registers, R.BPRC);
  if (cast === "multicast") count(registers, R.MPRC);
}

/** Counters that a read clears, as pairs with the register of their low half where they have one. */
export function clearsOnRead(index: number): boolean {
  return (
    (index >= R.PRC64 && index <= R.GPTC) ||
    index === R.RUC ||
    index === R.ROC ||
    (index >= R.TPR && index <= R.TSCTC) ||
    index === R.IAC ||
    isHighHalf(index)
  );
}

export function isHighHalf(index: number): boolean {
  return index === R.GORCH || index === R.GOTCH || index === R.TORH || index === R.TOTH;
}
