// When the alarm goes off: MC146818A datasheet, "Alarm". A field with both upper bits set matches everything.

/** A time of day; in an alarm `undefined` stands for "don't care". */
export interface AlarmTime {
  readonly hour: number | undefined;
  readonly minute: number | undefined;
  readonly second: number | undefined;
}

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const MINUTE = 60;
const HOUR = 60;
const HOURS = 24;
const DAY = 86_400;

/**
 * Seconds until the alarm: 1 to a day. As in the peer an alarm for this very second is a day away, even where it would
 * match sooner.
 */
export function secondsToAlarm(alarm: AlarmTime, now: TimeOfDay): number {
  let hour = alarm.hour ?? now.hour;
  const isThisHour = hour === now.hour;
  let minute = alarm.minute ?? (isThisHour ? now.minute : 0);
  const isThisMinute = isThisHour && minute === now.minute;
  let second = alarm.second ?? (isThisMinute ? now.second + 1 : 0);
  // The smallest field that does not care moves on when what is below it has passed.
  const secondPassed = isThisMinute && alarm.second !== undefined && now.second > second;
  if (alarm.minute === undefined && secondPassed) minute++;
  const minutePassed = isThisHour && alarm.minute !== undefined && (now.minute > minute || secondPassed);
  if (alarm.hour === undefined && minutePassed) hour++;
  if (second === MINUTE) {
    second = 0;
    if (alarm.minute === undefined) minute++;
    else if (alarm.hour === undefined) hour++;
  }
  if (minute === HOUR) {
    minute = 0;
    if (alarm.hour === undefined) hour++;
  }
  const wait = (((hour % HOURS) - now.hour) * HOUR + minute - now.minute) * MINUTE + second - now.second;
  return wait <= 0 ? wait + DAY : wait;
}
