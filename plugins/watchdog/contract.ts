/** What a machine does when a watchdog runs out: `-watchdog-action`, `-action watchdog=`. */
import { token, type Disposable, type Logger } from "backplane";

export interface Watchdogs {
  /** A watchdog has run out: tells the event WATCHDOG and does what the machine's user wants done. `log` is the watchdog's. */
  expired(log: Logger): void;
  /** Hears of a watchdog whose action is `inject-nmi`: the processors are to get a non-maskable interrupt. */
  onNmi(listener: () => void): Disposable;
}

export const WATCHDOG = token<Watchdogs>("WATCHDOG");
