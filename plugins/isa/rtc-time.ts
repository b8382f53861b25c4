// Dates as the clock's registers have them: whatever a guest writes there means some second, be it the 99th of a month.

/** Civil time in plain numbers; `month` counts from 1. */
export interface CivilTime {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
}

const DAY = 86_400;
/** Days from the first of March of the year 0 to 1970-01-01, and one: days of a month count from 1. */
const EPOCH = 719_469;

/**
 * Seconds since 1970, in the Gregorian calendar. Years are taken to begin in March, so that the leap day comes last; a
 * month's first day is then a linear function of its number, which holds for numbers that are no months as well.
 */
export function secondsOf({ second, minute, hour, day, month, year }: CivilTime): number {
  const isEarly = month < 3;
  const months = isEarly ? month + 12 : month;
  const years = isEarly ? year - 1 : year;
  const leapDays = Math.trunc(years / 4) - Math.trunc(years / 100) + Math.trunc(years / 400);
  const days = day + Math.trunc((153 * months - 457) / 5) + 365 * years + leapDays - EPOCH;
  return DAY * days + 3600 * hour + 60 * minute + second;
}
