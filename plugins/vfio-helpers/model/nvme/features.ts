// Features of a controller (NVM Express 1.4 §5.21): numbers that the host sets and reads back.
import { DO_NOT_RETRY, FEATURE, STATUS } from "../../nvm-express.ts";
import type { Command, Completion } from "./command.ts";

const SAVE = 0x8000_0000;

export interface FeatureLimits {
  readonly queuePairs: number;
  readonly vectors: number;
  readonly writeCache: boolean;
}

export class Features {
  readonly #limits: FeatureLimits;
  readonly #values = new Map<number, number>();
  /** I/O queues were made: their number is settled. */
  queuesExist = false;

  constructor(limits: FeatureLimits) {
    this.#limits = limits;
  }

  /** Writes are done when they are in the cache. */
  get isWriteCached(): boolean {
    return this.#limits.writeCache && (this.#values.get(FEATURE.writeCache) ?? 1) === 1;
  }

  get(command: Command): Completion {
    const id = command.dword(10) & 0xff;
    const select = (command.dword(10) >>> 8) & 7;
    if (!this.#knows(id) || select > 3) return refuse(STATUS.invalidField);
    if (select === 3) return { status: STATUS.success, result: CHANGEABLE.has(id) ? 0x4 : 0 };
    if (id === FEATURE.vector && (command.dword(11) & 0xffff) >= this.#limits.vectors)
      return refuse(STATUS.invalidField);
    const key = keyOf(id, command.dword(11));
    const value = select === 0 ? this.#values.get(key) : undefined;
    return { status: STATUS.success, result: value ?? this.#default(id, command.dword(11)) };
  }

  set(command: Command): Completion {
    const id = command.dword(10) & 0xff;
    const value = command.dword(11);
    if ((command.dword(10) & SAVE) !== 0) return refuse(STATUS.featureNotSaveable);
    if (!this.#knows(id)) return refuse(STATUS.invalidField);
    if (!CHANGEABLE.has(id)) return refuse(STATUS.featureNotChangeable);
    if (id === FEATURE.queues) return this.#setQueues(value);
    if (id === FEATURE.vector && (value & 0xffff) >= this.#limits.vectors) return refuse(STATUS.invalidField);
    if (id === FEATURE.powerManagement && (value & 0x1f) !== 0) return refuse(STATUS.invalidField);
    this.#values.set(keyOf(id, value), id === FEATURE.writeCache ? value & 1 : value);
    return { status: STATUS.success };
  }

  /** As many as were asked for, if there are so many; counted from zero. */
  #setQueues(value: number): Completion {
    if (this.queuesExist) return refuse(STATUS.sequenceError);
    const submissions = value & 0xffff;
    const completions = value >>> 16;
    if (submissions === 0xffff || completions === 0xffff) return refuse(STATUS.invalidField);
    const most = this.#limits.queuePairs - 1;
    const granted = Math.min(submissions, most) + Math.min(completions, most) * 0x10000;
    this.#values.set(FEATURE.queues, granted);
    return { status: STATUS.success, result: granted };
  }

  #knows(id: number): boolean {
    if (id === FEATURE.writeCache) return this.#limits.writeCache;
    return CHANGEABLE.has(id);
  }

  #default(id: number, selector: number): number {
    switch (id) {
      case FEATURE.arbitration:
        return 0x7; // no limit of a burst
      case FEATURE.temperature:
        return 343;
      case FEATURE.writeCache:
        return 1;
      case FEATURE.queues:
        return (this.#limits.queuePairs - 1) * 0x10001;
      case FEATURE.vector:
        return selector & 0xffff;
      default:
        return 0;
    }
  }
}

const CHANGEABLE: ReadonlySet<number> = new Set(Object.values(FEATURE));

/** A vector's settings are kept for each vector. */
function keyOf(id: number, value: number): number {
  return id === FEATURE.vector ? 0x100 + (value & 0xffff) : id;
}

function refuse(status: number): Completion {
  return { status: status | DO_NOT_RETRY };
}
