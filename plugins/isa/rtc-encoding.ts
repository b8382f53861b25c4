// How time stands in the registers: MC146818A datasheet, "Time, Calendar, and Alarm Data Modes".
import type { CivilTime } from "./rtc-time.ts";
import type { AlarmTime, TimeOfDay } from "./rtc-alarm.ts";
import { B, RTC } from "./rtc-registers.ts";

/** Both upper bits: an alarm's field that does not care. */
const ANY = 0xc0;
const AFTERNOON = 0x80;
/** What "don't care" comes to where it is taken for a number. */
const NONSENSE = -1;

export class TimeRegisters {
  readonly #memory: Uint8Array;
  /** Added to the year of the registers. */
  readonly #baseYear: number;

  constructor(memory: Uint8Array, baseYear: number) {
    this.#memory = memory;
    this.#baseYear = baseYear;
  }

  read(): CivilTime {
    return {
      ...this.timeOfDay(),
      day: this.#number(this.#at(RTC.day)),
      month: this.#number(this.#at(RTC.month)),
      year: this.#number(this.#at(RTC.year)) + this.#baseYear + this.#number(this.#at(RTC.century)) * 100,
    };
  }

  timeOfDay(): TimeOfDay {
    return {
      second: this.#number(this.#at(RTC.seconds)),
      minute: this.#number(this.#at(RTC.minutes)),
      hour: this.#hour(this.#at(RTC.hours)),
    };
  }

  alarm(): AlarmTime {
    const field = (index: number): number | undefined => {
      const value = this.#at(index);
      return (value & ANY) === ANY ? undefined : this.#number(value);
    };
    const hours = this.#at(RTC.hoursAlarm);
    return {
      second: field(RTC.secondsAlarm),
      minute: field(RTC.minutesAlarm),
      hour: (hours & ANY) === ANY ? undefined : this.#hour(hours),
    };
  }

  write(date: Date): void {
    const memory = this.#memory;
    const year = date.getUTCFullYear() - this.#baseYear;
    memory[RTC.seconds] = this.#encode(date.getUTCSeconds());
    memory[RTC.minutes] = this.#encode(date.getUTCMinutes());
    memory[RTC.hours] = this.#encodeHours(date.getUTCHours());
    memory[RTC.weekday] = this.#encode(date.getUTCDay() + 1);
    memory[RTC.day] = this.#encode(date.getUTCDate());
    memory[RTC.month] = this.#encode(date.getUTCMonth() + 1);
    memory[RTC.year] = this.#encode(year % 100);
    memory[RTC.century] = this.#encode(Math.trunc(year / 100));
  }

  #at(index: number): number {
    return this.#memory[index] ?? 0;
  }

  get #isBinary(): boolean {
    return (this.#at(RTC.b) & B.binary) !== 0;
  }

  get #has24Hours(): boolean {
    return (this.#at(RTC.b) & B.hours24) !== 0;
  }

  #number(value: number): number {
    if ((value & ANY) === ANY) return NONSENSE;
    return this.#isBinary ? value : (value >> 4) * 10 + (value & 0xf);
  }

  #hour(value: number): number {
    const hour = this.#number(value & ~AFTERNOON);
    if (this.#has24Hours) return hour;
    return (hour % 12) + ((value & AFTERNOON) === 0 ? 0 : 12);
  }

  #encode(value: number): number {
    return this.#isBinary ? value : (Math.trunc(value / 10) << 4) | (value % 10);
  }

  #encodeHours(hours: number): number {
    if (this.#has24Hours) return this.#encode(hours);
    return this.#encode(hours % 12 === 0 ? 12 : hours % 12) | (hours >= 12 ? AFTERNOON : 0);
  }
}
