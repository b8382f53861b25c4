import { disposable, type Disposable } from "../disposable.ts";
import type { BackplaneError } from "../errors.ts";
import { memoryErrors } from "./errors.ts";
import type { HostMapping, HostMappingNotifier, HostMappingNotifiers } from "./host-mapping.ts";
import { joinFailures, notifierFailure } from "./notifier-failure.ts";

interface Subscription {
  readonly notifier: HostMappingNotifier;
  /** Told `added`, not yet told `removed`. */
  readonly known: Set<HostMapping>;
  leaving: boolean;
}

/** The youngest notifier is told first, as with RAM blocks. A mapping that is on its way out is not replayed. */
export class HostMappingPublisher implements HostMappingNotifiers {
  #subscriptions: readonly Subscription[] = [];
  readonly #mappings = new Set<HostMapping>();

  mappings(): readonly HostMapping[] {
    return [...this.#mappings];
  }

  add(notifier: HostMappingNotifier): Disposable {
    if (this.#subscriptions.some((other) => other.notifier === notifier)) {
      throw memoryErrors.NOTIFIER_REGISTERED_TWICE(notifier.name);
    }
    const subscription: Subscription = { notifier, known: new Set(), leaving: false };
    this.#subscriptions = [subscription, ...this.#subscriptions];
    for (const mapping of this.mappings()) {
      const failures = this.#mappings.has(mapping) ? tellAdded(subscription, mapping) : [];
      const [refusal] = failures;
      if (refusal !== undefined) throw joinFailures([...failures, ...this.#leave(subscription)]) ?? refusal;
    }
    return disposable(() => raise(this.#leave(subscription)));
  }

  publish(mapping: HostMapping): Disposable {
    this.#mappings.add(mapping);
    const failures = this.#subscriptions.flatMap((subscription) => tellAdded(subscription, mapping));
    if (failures.length > 0) raise([...failures, ...this.#takeBack(mapping)]);
    return disposable(() => raise(this.#takeBack(mapping)));
  }

  #takeBack(mapping: HostMapping): BackplaneError[] {
    this.#mappings.delete(mapping);
    return this.#subscriptions.flatMap((subscription) => tellRemoved(subscription, mapping));
  }

  #leave(subscription: Subscription): BackplaneError[] {
    subscription.leaving = true;
    const failures = [...subscription.known].flatMap((mapping) => tellRemoved(subscription, mapping));
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    return failures;
  }
}

function tellAdded(subscription: Subscription, mapping: HostMapping): BackplaneError[] {
  if (subscription.leaving || subscription.known.has(mapping)) return [];
  subscription.known.add(mapping);
  try {
    subscription.notifier.hostMappingAdded?.(mapping);
    return [];
  } catch (thrown) {
    subscription.known.delete(mapping);
    return [notifierFailure(subscription.notifier.name, "added", label(mapping), thrown)];
  }
}

function tellRemoved(subscription: Subscription, mapping: HostMapping): BackplaneError[] {
  if (!subscription.known.delete(mapping)) return [];
  try {
    subscription.notifier.hostMappingRemoved?.(mapping);
    return [];
  } catch (thrown) {
    return [notifierFailure(subscription.notifier.name, "removed", label(mapping), thrown)];
  }
}

function label(mapping: HostMapping): string {
  return `${mapping.owner}@0x${mapping.hostAddress.toString(16)}`;
}

function raise(failures: readonly BackplaneError[]): void {
  const error = joinFailures(failures);
  if (error !== undefined) throw error;
}
