// Motorola MC146818A datasheet: the address map, and registers A to D.

export const RTC = {
  seconds: 0x00,
  secondsAlarm: 0x01,
  minutes: 0x02,
  minutesAlarm: 0x03,
  hours: 0x04,
  hoursAlarm: 0x05,
  weekday: 0x06,
  day: 0x07,
  month: 0x08,
  year: 0x09,
  a: 0x0a,
  b: 0x0b,
  c: 0x0c,
  d: 0x0d,
  /** Why the machine starts (PC/AT practice). */
  shutdownStatus: 0x0f,
  century: 0x32,
  /** The same, where PS/2 has it. */
  ps2Century: 0x37,
} as const;

/** Dividers: 0x20 is a running 32 kHz clock; 0x60 and 0x70 hold the chain in reset. */
export const A = { rate: 0x0f, dividers: 0x70, running: 0x20, reset: 0x60, updating: 0x80 } as const;
export const B = {
  hours24: 0x02,
  binary: 0x04,
  squareWave: 0x08,
  updateEnded: 0x10,
  alarm: 0x20,
  periodic: 0x40,
  set: 0x80,
} as const;
export const C = { updateEnded: 0x10, alarm: 0x20, periodic: 0x40, interrupt: 0x80 } as const;
export const D_VALID = 0x80;
export const A_DEFAULT = 0x26;

/** Written by a machine that suspends itself, for the firmware that wakes it: a reset leaves it alone. */
export const RESUME_FROM_S3 = 0xfe;
/** Before each update the registers are in flux for eight ticks of the crystal. */
export const UPDATE_NS = 244_140;
export const SECOND_NS = 1e9;

export function isTime(index: number): boolean {
  return (
    index === RTC.seconds ||
    index === RTC.minutes ||
    index === RTC.hours ||
    (index >= RTC.weekday && index <= RTC.year) ||
    index === RTC.century
  );
}

const CRYSTAL = 32_768;

/** Ticks of the crystal between two periodic interrupts, by the rate selected in A; 0 is never. */
export function periodOf(rate: number): number {
  if (rate === 0) return 0;
  // The two fastest rates are those of 8 and 9.
  return 1 << ((rate <= 2 ? rate + 7 : rate) - 1);
}

export function ticksAt(nanoseconds: number): number {
  // By seconds and what is left, so that nothing is rounded.
  const seconds = Math.floor(nanoseconds / SECOND_NS);
  return seconds * CRYSTAL + Math.floor(((nanoseconds % SECOND_NS) * CRYSTAL) / SECOND_NS);
}

export function nanosecondsOf(ticks: number): number {
  return Math.floor(ticks / CRYSTAL) * SECOND_NS + Math.floor(((ticks % CRYSTAL) * SECOND_NS) / CRYSTAL);
}
