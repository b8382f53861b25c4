// What of a device a migration stream carries. Devices say it whether or not the machine can migrate.
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import { disposable } from "../disposable.ts";
import type { StateDescription } from "./description.ts";

/** What stands at the beginning of a section of a migration stream. */
export interface SectionIdentity {
  /** Unique together with the instance id, e.g. `0000:00:1f.0/ICH9LPC`. */
  readonly idstr: string;
  readonly version: number;
  /** Default: one more than the highest of its `idstr`. */
  readonly instanceId?: number;
  /** Higher ones stand earlier in the stream; default 0. */
  readonly priority?: number;
  /** It is numbered right behind the first section of this name, which comes later: a device whose parts come first. */
  readonly behind?: string;
}

/** A description, or how to get it: asked for when a migration begins, so that it may be imported late. */
export type DescriptionSource<S> = StateDescription<S> | (() => Promise<StateDescription<S>>);

interface StateIdentity extends SectionIdentity {
  /** False: the section is left out of this stream. Asked when the devices are saved. Default true. */
  isNeeded?(): boolean;
  /** The guest has stopped, and the last of its memory is about to be sent: resolves when the device writes no more of it. */
  settle?(): Promise<void>;
}

/** State that is sent at once, when the guest has stopped: read from the device itself, field by field. */
export interface DeviceSection<S = unknown> extends StateIdentity {
  readonly kind: "device";
  readonly description: DescriptionSource<S>;
  readonly state: S;
}

/**
 * State that a device hands out and takes back as one object of plain data, so that its registers stay its own. It is
 * taken back when the whole section has been read and was found to be well-formed.
 */
export interface CapturedSection<S = unknown> extends StateIdentity {
  readonly kind: "captured";
  readonly description: DescriptionSource<S>;
  /** The state as it is now: data of its own, of which nothing changes the device. Loading fills it in. */
  capture(): S;
  restore(state: S): void;
}

/** Whatever the type of a state is, it belongs to its description. */
export type StateSection = DeviceSection<never> | CapturedSection<never>;

/** The states of a machine's devices, in the order in which they were made: that of the stream. */
export interface DeviceStates {
  add<S>(section: DeviceSection<S> | CapturedSection<S>): Disposable;
  /** Hears of each, those that are there included; what it gives back is disposed of when the state goes. There is one. */
  follow(listener: (section: StateSection) => Disposable): Disposable;
}

export const DEVICE_STATES = token<DeviceStates>("DEVICE_STATES");

export class DeviceStateRegistry implements DeviceStates {
  readonly #sections = new Map<StateSection, Disposable | undefined>();
  #listener: ((section: StateSection) => Disposable) | undefined;
  #isComplete = false;

  readonly #waiting: StateSection[] = [];

  add<S>(section: DeviceSection<S> | CapturedSection<S>): Disposable {
    const added = section as unknown as StateSection;
    const { behind } = added;
    if (behind !== undefined && !this.#isComplete && !this.#has(behind)) this.#waiting.push(added);
    else this.#take(added);
    return disposable(() => {
      void this.#sections.get(added)?.dispose();
      this.#sections.delete(added);
    });
  }

  /** All devices of the machine are made: nobody comes any more that somebody waits for. */
  complete(): void {
    this.#isComplete = true;
    for (const section of this.#waiting.splice(0)) this.#take(section);
  }

  #has(idstr: string): boolean {
    for (const section of this.#sections.keys()) if (section.idstr === idstr) return true;
    return false;
  }

  #take(section: StateSection): void {
    this.#sections.set(section, this.#listener?.(section));
    const next = this.#waiting.findIndex(({ behind }) => behind === section.idstr);
    const [released] = next < 0 ? [] : this.#waiting.splice(next, 1);
    if (released !== undefined) this.#take(released);
  }

  follow(listener: (section: StateSection) => Disposable): Disposable {
    this.#listener = listener;
    for (const section of this.#sections.keys()) this.#sections.set(section, listener(section));
    return disposable(() => {
      this.#listener = undefined;
      for (const entry of this.#sections.values()) void entry?.dispose();
    });
  }
}
