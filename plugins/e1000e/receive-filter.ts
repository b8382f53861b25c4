// Which frames are for this card: 82574 Datasheet §7.1.1 (filters), §10.2.5.16 to §10.2.5.20 (their registers).
import { castOf, read16 } from "./packet.ts";
import { ADDRESS_VALID, CTRL, R, RCTL } from "./registers.ts";

const ADDRESSES = 16;
/** §10.2.5.1, MO: how far the twelve bits of the address lie from its end. */
const OFFSET_SHIFT = [4, 3, 2, 0] as const;

export function isTagged(registers: Uint32Array, frame: Uint8Array): boolean {
  return read16(frame, 12) === ((registers[R.VET] ?? 0) & 0xffff);
}

export function stripsTags(registers: Uint32Array): boolean {
  return ((registers[R.CTRL] ?? 0) & CTRL.vlanMode) !== 0;
}

export function passes(registers: Uint32Array, frame: Uint8Array): boolean {
  return (!isTagged(registers, frame) || passesVlan(registers, read16(frame, 14))) && passesAddress(registers, frame);
}

function passesVlan(registers: Uint32Array, tag: number): boolean {
  if (((registers[R.RCTL] ?? 0) & RCTL.vlanFilter) === 0) return true;
  return ((registers[R.VFTA + ((tag >>> 5) & 0x7f)] ?? 0) & (1 << (tag & 0x1f))) !== 0;
}

function passesAddress(registers: Uint32Array, frame: Uint8Array): boolean {
  const control = registers[R.RCTL] ?? 0;
  const cast = castOf(frame);
  const all = { broadcast: RCTL.broadcast, multicast: RCTL.allMulticast, unicast: RCTL.allUnicast }[cast];
  return (control & all) !== 0 || isOwnAddress(registers, frame) || isInTable(registers, frame, control);
}

function isOwnAddress(registers: Uint32Array, frame: Uint8Array): boolean {
  const low = ((frame[0] ?? 0) | ((frame[1] ?? 0) << 8) | ((frame[2] ?? 0) << 16) | ((frame[3] ?? 0) << 24)) >>> 0;
  const high = (frame[4] ?? 0) | ((frame[5] ?? 0) << 8);
  for (let index = 0; index < ADDRESSES; index++) {
    const entry = registers[R.RAH0 + 2 * index] ?? 0;
    if ((entry & ADDRESS_VALID) === 0 || (entry & 0xffff) !== high) continue;
    if (registers[R.RAL0 + 2 * index] === low) return true;
  }
  return false;
}

function isInTable(registers: Uint32Array, frame: Uint8Array, control: number): boolean {
  const shift = OFFSET_SHIFT[(control >>> 12) & 3] ?? 0;
  const bit = ((((frame[5] ?? 0) << 8) | (frame[4] ?? 0)) >>> shift) & 0xfff;
  return ((registers[R.MTA + (bit >>> 5)] ?? 0) & (1 << (bit & 0x1f))) !== 0;
}
