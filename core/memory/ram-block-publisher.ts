import { disposable, type Disposable } from "../disposable.ts";
import { type BackplaneError, messageOf } from "../errors.ts";
import { memoryErrors } from "./errors.ts";
import { joinFailures, notifierFailure } from "./notifier-failure.ts";
import type { RAMBlockDirectory } from "./ram-block-directory.ts";
import { type OpenNotice, RAMBlockNotices } from "./ram-block-notices.ts";
import {
  EVERY_NOTIFICATION,
  type RAMBlockNotice,
  type RAMBlockNotification,
  type RAMBlockNotifier,
  type RAMBlockNotifierPolicy,
  type RAMBlockNotifiers,
  type RAMBlockRename,
  type RAMBlockResize,
  type RAMBlockSubscriber,
  type Untold,
} from "./ram-block-notifier.ts";
import { kindIndex, type RAMBlockState, telling } from "./ram-block-state.ts";
import { type RAMBlockChange, RAMBlockSubscription } from "./ram-block-subscription.ts";

/**
 * Tells notifiers of changes. The youngest notifier is told first, as in the peer.
 *
 * A notifier is told of a block only between `added` and `removed`, so that whatever it or another does meanwhile, its
 * picture stays right: one that has not been told `added` yet meets the block in its newest state; one that registers
 * during a round has seen the state by replay, and is told only of a `resized` (which announces what is yet to come).
 *
 * The methods that tell return the error that should leave once the change has been made.
 */
export class RAMBlockPublisher implements RAMBlockNotifiers {
  readonly #directory: RAMBlockDirectory;
  readonly #untold: readonly Untold[];
  /** Eldest first. Not shortened while a round runs. */
  readonly #subscriptions: RAMBlockSubscription[] = [];
  readonly #notices = new RAMBlockNotices();
  #policy = EVERY_NOTIFICATION;
  /** The bits of the kinds that the policy tells. */
  #told = toldBits(EVERY_NOTIFICATION);
  #rounds = 0;
  #someLeft = false;

  constructor(directory: RAMBlockDirectory, untold: readonly Untold[] = []) {
    this.#directory = directory;
    this.#untold = untold;
  }

  add(notifier: RAMBlockNotifier): Disposable {
    if (this.#subscriptions.some((other) => other.notifier === notifier && !other.leaving)) {
      throw memoryErrors.NOTIFIER_REGISTERED_TWICE(notifier.name);
    }
    const subscription = new RAMBlockSubscription(notifier, this.#untold);
    this.#subscriptions.push(subscription);
    const refusal = this.#replay(subscription);
    if (refusal !== undefined) throw refusal;
    return disposable(() => {
      const error = joinFailures(this.#leave(subscription, this.#directory.blocks(), undefined));
      if (error !== undefined) throw error;
    });
  }

  observe(observer: (notice: RAMBlockNotice) => void, before?: (notice: RAMBlockNotice) => void): Disposable {
    return this.#notices.observe(observer, before);
  }

  get policy(): RAMBlockNotifierPolicy {
    return this.#policy;
  }

  govern(policy: RAMBlockNotifierPolicy): void {
    if (this.#directory.blocks().length > 0) throw memoryErrors.NOTIFIER_POLICY_LATE(policy.name);
    this.#policy = policy;
    this.#told = toldBits(policy);
  }

  subscribers(): readonly string[] {
    return this.#subscriptions
      .filter((subscription) => !subscription.leaving)
      .map((subscription) => subscription.notifier.name)
      .toReversed();
  }

  subscriptions(): readonly RAMBlockSubscriber[] {
    return this.#subscriptions
      .filter((subscription) => !subscription.leaving)
      .map((subscription) => ({
        name: subscription.notifier.name,
        hears: subscription.kinds,
        knows: this.#directory.blocks().filter((block) => !subscription.missesAdded && subscription.knows(block)),
      }))
      .toReversed();
  }

  added(block: RAMBlockState): BackplaneError | undefined {
    return this.#round("added", block, undefined);
  }

  resized(block: RAMBlockState, change: RAMBlockResize): BackplaneError | undefined {
    return this.#round("resized", block, change);
  }

  idstrChanged(block: RAMBlockState, change: RAMBlockRename): BackplaneError | undefined {
    return this.#round("idstr", block, change);
  }

  migratableChanged(block: RAMBlockState): BackplaneError | undefined {
    return this.#round("migratable", block, undefined);
  }

  removed(block: RAMBlockState): BackplaneError | undefined {
    return this.#round("removed", block, undefined);
  }

  /** Tells every block that is listed. A refusal takes back what was told, newest first, and the registration. */
  #replay(subscription: RAMBlockSubscription): BackplaneError | undefined {
    const told = new Set<RAMBlockState>();
    for (const block of this.#directory.blocks()) {
      // While blocks are told, others may come (told by their own round) and go; one that is about to go is not shown.
      if (!block.isListed || subscription.knows(block) || (block.busy & telling("removed")) !== 0) continue;
      told.add(block);
      const busy = block.busy;
      block.busy |= telling("added");
      const failures = this.#tellOne(subscription, "added", block, undefined);
      block.busy = busy;
      if (failures === undefined) continue;
      const known = this.#directory.blocks().filter((other) => !told.has(other));
      return joinFailures(this.#leave(subscription, [...known, ...told].toReversed(), failures));
    }
    return undefined;
  }

  /** Tells `removed` for the blocks among these that it knows, and ends its registration. It stays up to date until told. */
  #leave(
    subscription: RAMBlockSubscription,
    blocks: readonly RAMBlockState[],
    failures: BackplaneError[] | undefined,
  ): BackplaneError[] | undefined {
    subscription.leaving = true;
    for (const block of blocks) {
      if (block.isListed) failures = this.#tellOne(subscription, "removed", block, failures);
    }
    subscription.left = true;
    this.#someLeft = true;
    this.#forgetLeft();
    return failures;
  }

  #round(kind: RAMBlockNotification, block: RAMBlockState, change: RAMBlockChange): BackplaneError | undefined {
    const notice = this.#notices.open(kind, block, change);
    this.#notices.begin(notice);
    const bit = telling(kind);
    if ((this.#told & bit) === 0) {
      this.#notices.close(notice);
      return undefined;
    }
    this.#rounds++;
    block.busy |= bit;
    const elders = this.#subscriptions.length;
    let failures = this.#tellAll(elders - 1, -1, -1, kind, block, change, notice, undefined);
    if (kind === "resized" && this.#policy.tellsNewcomers) {
      // Who registered meanwhile was shown the old size. More may register while these are told.
      for (let told = elders; told < this.#subscriptions.length; told++) {
        failures = this.#tellAll(told, told + 1, 1, kind, block, change, notice, failures);
      }
    }
    block.busy &= ~bit;
    this.#rounds--;
    if (this.#someLeft) this.#forgetLeft();
    this.#notices.close(notice);
    return joinFailures(failures);
  }

  /** Tells the subscriptions from one index to another (exclusive) whose turn it is, and adds what they throw to the failures. */
  #tellAll(
    from: number,
    to: number,
    step: number,
    kind: RAMBlockNotification,
    block: RAMBlockState,
    change: RAMBlockChange,
    notice: OpenNotice | undefined,
    failures: BackplaneError[] | undefined,
  ): BackplaneError[] | undefined {
    const subscriptions = this.#subscriptions;
    const method = kindIndex(kind);
    let index = from;
    while (index !== to) {
      // One `try` around many: entering one per subscriber would cost more than the calls.
      try {
        for (; index !== to; index += step) {
          const subscription = subscriptions[index];
          if (subscription === undefined || !subscription.hears(kind, block)) continue;
          if (subscription.deliver(method, block, change))
            notice?.subscribers.push({ name: subscription.notifier.name });
        }
      } catch (thrown) {
        const subscription = subscriptions[index];
        index += step;
        if (subscription === undefined) continue;
        failures = [...(failures ?? []), noteFailure(subscription, kind, block, thrown, notice)];
      }
    }
    return failures;
  }

  /** Tells one subscription apart from any round: a replay, or a farewell. */
  #tellOne(
    subscription: RAMBlockSubscription,
    kind: "added" | "removed",
    block: RAMBlockState,
    failures: BackplaneError[] | undefined,
  ): BackplaneError[] | undefined {
    if (!subscription.hears(kind, block)) return failures;
    const notice = this.#notices.open(kind, block, undefined);
    try {
      if (subscription.deliver(kindIndex(kind), block, undefined))
        notice?.subscribers.push({ name: subscription.notifier.name });
      return failures;
    } catch (thrown) {
      return [...(failures ?? []), noteFailure(subscription, kind, block, thrown, notice)];
    } finally {
      if (notice !== undefined && notice.subscribers.length > 0) this.#notices.close(notice);
    }
  }

  #forgetLeft(): void {
    if (this.#rounds > 0) return;
    this.#someLeft = false;
    for (let index = this.#subscriptions.length - 1; index >= 0; index--) {
      if (this.#subscriptions[index]?.left === true) this.#subscriptions.splice(index, 1);
    }
  }
}

function toldBits({ tells }: RAMBlockNotifierPolicy): number {
  return tells.reduce((bits, kind) => bits | telling(kind), 0);
}

/** A notifier whose `added` threw does not know the block. */
function noteFailure(
  subscription: RAMBlockSubscription,
  kind: RAMBlockNotification,
  block: RAMBlockState,
  thrown: unknown,
  notice: OpenNotice | undefined,
): BackplaneError {
  if (kind === "added") subscription.forget(block);
  const { name } = subscription.notifier;
  notice?.subscribers.push({ name, error: messageOf(thrown) });
  return notifierFailure(name, kind, block.label, thrown);
}
