import { hostMilliseconds, type Clock, type ClockTimer, type VirtualTime } from "backplane";

/** What moves the real-time clock: `-rtc clock=`. Nanoseconds since the machine was made. */
export interface RtcSource {
  readonly now: number;
  /** What `now` counts from, in nanoseconds of whatever it follows: so machines can tell each other times. */
  readonly origin: bigint;
  timer(callback: () => void): ClockTimer;
}

const NS_PER_MS = 1e6;
const LONGEST_WAIT_MS = 0x7fff_ffff;

/** The machine's own time: `clock=vm`. */
export function virtualSource(clock: Clock): RtcSource {
  return {
    origin: 0n,
    get now() {
      return clock.now;
    },
    timer: (callback) => clock.timer(callback, "interrupts"),
  };
}

/** The host's clock, which goes on while the machine is halted. What waits for it does not keep the process alive. */
export class HostSource implements RtcSource {
  readonly origin = BigInt(Math.round(Date.now())) * BigInt(NS_PER_MS);
  readonly #origin = hostMilliseconds();

  get now(): number {
    return Math.floor((hostMilliseconds() - this.#origin) * NS_PER_MS);
  }

  timer(callback: () => void): ClockTimer {
    return new HostTimer(this, callback);
  }
}

class HostTimer implements ClockTimer {
  readonly #source: RtcSource;
  readonly #callback: () => void;
  #wait: NodeJS.Timeout | undefined;
  deadline: VirtualTime | undefined;

  constructor(source: RtcSource, callback: () => void) {
    this.#source = source;
    this.#callback = callback;
  }

  arm(deadline: VirtualTime): void {
    this.cancel();
    this.deadline = deadline;
    const wait = Math.ceil((deadline - this.#source.now) / NS_PER_MS);
    this.#wait = setTimeout(() => this.#expire(), Math.min(Math.max(wait, 0), LONGEST_WAIT_MS)).unref();
  }

  cancel(): void {
    clearTimeout(this.#wait);
    this.#wait = undefined;
    this.deadline = undefined;
  }

  dispose(): void {
    this.cancel();
  }

  #expire(): void {
    const { deadline } = this;
    if (deadline === undefined) return;
    if (this.#source.now < deadline) return this.arm(deadline);
    this.cancel();
    this.#callback();
  }
}
