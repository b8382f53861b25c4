import { disposable, type Disposable } from "../disposable.ts";
import { type BackplaneError, messageOf } from "../errors.ts";
import { memoryErrors } from "./errors.ts";
import type {
  HostMapping,
  HostMappingNotice,
  HostMappingNotifier,
  HostMappingNotifiers,
  HostMappingSubscriber,
} from "./host-mapping.ts";
import { joinFailures, notifierFailure } from "./notifier-failure.ts";
import { Observers } from "./observers.ts";
import type { Untold } from "./ram-block-notifier.ts";

interface Subscription {
  readonly notifier: HostMappingNotifier;
  /** Told `added`, not yet told `removed`. */
  readonly known: Set<HostMapping>;
  /** Read once, as with RAM blocks; what it is not told of is undefined. */
  readonly added: ((mapping: HostMapping) => void) | undefined;
  readonly removed: ((mapping: HostMapping) => void) | undefined;
  leaving: boolean;
}

/** The youngest notifier is told first, as with RAM blocks. A mapping that is on its way out is not replayed. */
export class HostMappingPublisher implements HostMappingNotifiers {
  #subscriptions: readonly Subscription[] = [];
  readonly #mappings = new Set<HostMapping>();
  readonly #untold: readonly Untold[];
  readonly #observers = new Observers<HostMappingNotice>("host mappings");

  constructor(untold: readonly Untold[] = []) {
    this.#untold = untold;
  }

  subscriptions(): readonly HostMappingSubscriber[] {
    return this.#subscriptions.map(({ notifier, known, added }) => ({
      name: notifier.name,
      hears: [
        ...(notifier.hostMappingAdded === undefined ? [] : (["added"] as const)),
        ...(notifier.hostMappingRemoved === undefined ? [] : (["removed"] as const)),
      ],
      knows: notifier.hostMappingAdded !== undefined && added === undefined ? [] : [...known],
    }));
  }

  mappings(): readonly HostMapping[] {
    return [...this.#mappings];
  }

  observe(observer: (notice: HostMappingNotice) => void): Disposable {
    return this.#observers.add(observer);
  }

  add(notifier: HostMappingNotifier): Disposable {
    if (this.#subscriptions.some((other) => other.notifier === notifier)) {
      throw memoryErrors.NOTIFIER_REGISTERED_TWICE(notifier.name);
    }
    const subscription = this.#subscribe(notifier);
    this.#subscriptions = [subscription, ...this.#subscriptions];
    for (const mapping of this.mappings()) {
      const failures = this.#mappings.has(mapping) ? this.#tell("added", [subscription], mapping) : [];
      const [refusal] = failures;
      if (refusal !== undefined) throw joinFailures([...failures, ...this.#leave(subscription)]) ?? refusal;
    }
    return disposable(() => raise(this.#leave(subscription)));
  }

  publish(mapping: HostMapping): Disposable {
    this.#mappings.add(mapping);
    const failures = this.#tell("added", this.#subscriptions, mapping);
    if (failures.length > 0) raise([...failures, ...this.#takeBack(mapping)]);
    return disposable(() => raise(this.#takeBack(mapping)));
  }

  #subscribe(notifier: HostMappingNotifier): Subscription {
    const tells = (kind: "added" | "removed"): boolean =>
      !this.#untold.some((one) => one.subscriber === notifier.name && one.kind === `mapping-${kind}`);
    return {
      notifier,
      known: new Set(),
      added: tells("added") ? notifier.hostMappingAdded?.bind(notifier) : undefined,
      removed: tells("removed") ? notifier.hostMappingRemoved?.bind(notifier) : undefined,
      leaving: false,
    };
  }

  #takeBack(mapping: HostMapping): BackplaneError[] {
    this.#mappings.delete(mapping);
    return this.#tell("removed", this.#subscriptions, mapping);
  }

  #leave(subscription: Subscription): BackplaneError[] {
    subscription.leaving = true;
    const failures = [...subscription.known].flatMap((mapping) => this.#tell("removed", [subscription], mapping));
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    return failures;
  }

  /** Tells those among the subscriptions whose turn it is; returns what they throw. */
  #tell(kind: "added" | "removed", subscriptions: readonly Subscription[], mapping: HostMapping): BackplaneError[] {
    const told: { readonly name: string; readonly error?: string }[] = [];
    const failures: BackplaneError[] = [];
    for (const subscription of subscriptions) {
      if (!isTurn(subscription, kind, mapping)) continue;
      const { name } = subscription.notifier;
      const method = subscription[kind];
      try {
        method?.(mapping);
        if (method !== undefined) told.push({ name });
      } catch (thrown) {
        if (kind === "added") subscription.known.delete(mapping);
        told.push({ name, error: messageOf(thrown) });
        failures.push(notifierFailure(name, kind, label(mapping), thrown));
      }
    }
    // A replay or a farewell that nobody hears is nothing; a mapping that comes or goes is.
    const isChange = subscriptions === this.#subscriptions;
    if (!this.#observers.isEmpty && (isChange || told.length > 0)) {
      this.#observers.tell({ kind, mapping, subscribers: told });
    }
    return failures;
  }
}

/** Whether a subscription is to be told; notes what it then knows. */
function isTurn(subscription: Subscription, kind: "added" | "removed", mapping: HostMapping): boolean {
  const { known, leaving } = subscription;
  if (kind === "removed") return known.delete(mapping);
  if (leaving || known.has(mapping)) return false;
  known.add(mapping);
  return true;
}

function label(mapping: HostMapping): string {
  return `${mapping.owner}@0x${mapping.hostAddress.toString(16)}`;
}

function raise(failures: readonly BackplaneError[]): void {
  const error = joinFailures(failures);
  if (error !== undefined) throw error;
}
