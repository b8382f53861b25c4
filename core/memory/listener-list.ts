import { disposable, type Disposable } from "../disposable.ts";
import type { BackplaneError } from "../errors.ts";
import type { FlatAddressSpace } from "./flat-address-space.ts";
import type { FlatView } from "./flat-view.ts";
import type { FlatViewRange } from "./flat-view-range.ts";
import type { MemoryListener } from "./memory-listener.ts";
import { joinFailures, notifierFailure } from "./notifier-failure.ts";

interface Subscription {
  readonly listener: MemoryListener;
  readonly space: FlatAddressSpace;
}

/**
 * The listeners of all address spaces of a machine, by priority, equals in the order of their coming. A listener that
 * throws stops nobody: what was thrown leaves when all have been told.
 */
export class ListenerList {
  #subscriptions: readonly Subscription[] = [];
  #isLogging = false;

  add(listener: MemoryListener, space: FlatAddressSpace): Disposable {
    const subscription = { listener, space };
    const { priority = 0 } = listener;
    const before = this.#subscriptions.findIndex((other) => priority < (other.listener.priority ?? 0));
    const at = before < 0 ? this.#subscriptions.length : before;
    this.#subscriptions = this.#subscriptions.toSpliced(at, 0, subscription);
    const failures: BackplaneError[] = [];
    const tell = (kind: string, call: () => void): void => attempt(failures, listener, space, kind, call);
    tell("begin", () => listener.begin?.());
    if (this.#isLogging) tell("globalLogStarted", () => listener.globalLogStarted?.());
    for (const range of space.view.ranges) {
      tell("regionAdded", () => listener.regionAdded?.(range, space));
      if (range.dirtyLog !== 0) tell("logStarted", () => listener.logStarted?.(range, 0, range.dirtyLog));
    }
    tell("commit", () => listener.commit?.());
    raise(failures);
    return disposable(() => this.#remove(subscription));
  }

  /** The space goes: its listeners are told that all of it goes. */
  leave(space: FlatAddressSpace): void {
    for (const subscription of this.#subscriptions) if (subscription.space === space) this.#remove(subscription);
  }

  /** Runs an exchange of views between everybody's `begin` and `commit`. `exchange` calls `tellChanges` per space. */
  around(exchange: (failures: BackplaneError[]) => void): void {
    const failures: BackplaneError[] = [];
    for (const { listener, space } of this.#subscriptions) {
      if (listener.begin !== undefined) attempt(failures, listener, space, "begin", () => listener.begin?.());
    }
    exchange(failures);
    for (const { listener, space } of this.#subscriptions) {
      if (listener.commit !== undefined) attempt(failures, listener, space, "commit", () => listener.commit?.());
    }
    raise(failures);
  }

  /** Tells a space's listeners how the new view differs: first what goes, then what comes or stays. */
  tellChanges(space: FlatAddressSpace, from: FlatView, to: FlatView, failures: BackplaneError[]): void {
    const listeners = this.#subscriptions.filter((other) => other.space === space).map(({ listener }) => listener);
    if (listeners.length === 0 || from === to) return;
    const reversed = listeners.toReversed();
    const tell = (order: readonly MemoryListener[], kind: string, call: (listener: MemoryListener) => void): void => {
      for (const listener of order) attempt(failures, listener, space, kind, () => call(listener));
    };
    walk(from.ranges, to.ranges, {
      gone: (range) => tell(reversed, "regionRemoved", (listener) => listener.regionRemoved?.(range, space)),
    });
    walk(from.ranges, to.ranges, {
      come: (range) => tell(listeners, "regionAdded", (listener) => listener.regionAdded?.(range, space)),
      same: (range, before) => {
        tell(listeners, "regionUnchanged", (listener) => listener.regionUnchanged?.(range, space));
        const [was, is] = [before.dirtyLog, range.dirtyLog];
        if ((is & ~was) !== 0) tell(listeners, "logStarted", (listener) => listener.logStarted?.(range, was, is));
        if ((was & ~is) !== 0) tell(reversed, "logStopped", (listener) => listener.logStopped?.(range, was, is));
      },
    });
  }

  startLogging(): void {
    this.#isLogging = true;
    this.#tellAll(this.#subscriptions, "globalLogStarted", ({ listener }) => listener.globalLogStarted?.());
  }

  stopLogging(): void {
    this.#isLogging = false;
    this.#tellAll(this.#subscriptions.toReversed(), "globalLogStopped", ({ listener }) =>
      listener.globalLogStopped?.(),
    );
  }

  synchronizeLogs(): void {
    this.#tellAll(this.#subscriptions, "logSynchronized", ({ listener, space }) => {
      for (const range of space.view.ranges) if (range.dirtyLog !== 0) listener.logSynchronized?.(range);
    });
  }

  #tellAll(order: readonly Subscription[], kind: string, call: (subscription: Subscription) => void): void {
    const failures: BackplaneError[] = [];
    for (const subscription of order) {
      attempt(failures, subscription.listener, subscription.space, kind, () => call(subscription));
    }
    raise(failures);
  }

  #remove(subscription: Subscription): void {
    const { listener, space } = subscription;
    if (!this.#subscriptions.includes(subscription)) return;
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    const failures: BackplaneError[] = [];
    const tell = (kind: string, call: () => void): void => attempt(failures, listener, space, kind, call);
    tell("begin", () => listener.begin?.());
    for (const range of space.view.ranges) {
      if (range.dirtyLog !== 0) tell("logStopped", () => listener.logStopped?.(range, range.dirtyLog, 0));
      tell("regionRemoved", () => listener.regionRemoved?.(range, space));
    }
    tell("commit", () => listener.commit?.());
    raise(failures);
  }
}

interface Differences {
  gone?(range: FlatViewRange): void;
  come?(range: FlatViewRange): void;
  /** In both, but maybe logged for others. */
  same?(range: FlatViewRange, before: FlatViewRange): void;
}

/** Walks two views side by side, by ascending address. */
function walk(from: readonly FlatViewRange[], to: readonly FlatViewRange[], told: Differences): void {
  let [old, young] = [0, 0];
  for (;;) {
    const [before, after] = [from[old], to[young]];
    if (before === undefined && after === undefined) return;
    if (before !== undefined && after !== undefined && before.isLike(after)) {
      told.same?.(after, before);
      old++;
      young++;
    } else if (before !== undefined && (after === undefined || before.start <= after.start)) {
      told.gone?.(before);
      old++;
    } else if (after !== undefined) {
      told.come?.(after);
      young++;
    }
  }
}

function attempt(
  failures: BackplaneError[],
  listener: MemoryListener,
  space: FlatAddressSpace,
  kind: string,
  call: () => void,
): void {
  try {
    call();
  } catch (thrown) {
    failures.push(notifierFailure(listener.name, kind, space.name, thrown));
  }
}

function raise(failures: readonly BackplaneError[]): void {
  const error = joinFailures(failures);
  if (error !== undefined) throw error;
}
