import type { Disposable } from "../disposable.ts";
import { token } from "../di/token.ts";
import type { ByteLength } from "./address.ts";
import type { RAMBlock } from "./ram-block.ts";

/** A change of `usedLength`. */
export interface RAMBlockResize {
  readonly from: ByteLength;
  readonly to: ByteLength;
}

/** A change of `idstr`. `""` is "no name". */
export interface RAMBlockRename {
  readonly from: string;
  readonly to: string;
}

/**
 * Hears of RAM blocks. All methods are synchronous and optional. For each block and notifier the order is
 * `added → (resized | idstr | migratable)* → removed`, and nothing for a block whose `ramBlockAdded` threw.
 * A notifier may remove itself, or add another, while it is being told.
 */
export interface RAMBlockNotifier {
  /** Stands in errors and timelines: usually the plugin's id. */
  readonly name: string;
  /** After the block is listed and mapped; also on registration, for every mapped block. The block is complete. */
  ramBlockAdded?(block: RAMBlock): void;
  /** Before `usedLength` moves, and only if the page-aligned size differs. The block still has its old size. */
  ramBlockResized?(block: RAMBlock, change: RAMBlockResize): void;
  /** After a real change of the name. The block has its new name. */
  ramBlockIdstrChanged?(block: RAMBlock, change: RAMBlockRename): void;
  /** After a real change of `migratable`. The block has its new state. */
  ramBlockMigratableChanged?(block: RAMBlock): void;
  /** Before the block is unlisted and unmapped; also on deregistration. The block is still readable. */
  ramBlockRemoved?(block: RAMBlock): void;
}

/** The kinds of notification, and with them what a subscriber, a recorder, a replay and the docs must take a position on. */
export const RAM_BLOCK_NOTIFICATIONS = ["added", "resized", "idstr", "migratable", "removed"] as const;
export type RAMBlockNotification = (typeof RAM_BLOCK_NOTIFICATIONS)[number];

/** A subscriber that is not told of one kind of notification, as if its callback were missing. */
export interface Untold {
  readonly subscriber: string;
  readonly kind: RAMBlockNotification | `mapping-${"added" | "removed"}`;
}

/** What a registry tells. The machine's `numa` plugin chooses it, as the peer's registry lives in its file on NUMA. */
export interface RAMBlockNotifierPolicy {
  readonly name: string;
  /** Of the other kinds nobody hears, whatever methods notifiers have. */
  readonly tells: readonly RAMBlockNotification[];
  /** Whether a notifier that registers while a resize is being told hears of it as well. */
  readonly tellsNewcomers: boolean;
}

/** All five kinds, to everyone. */
export const EVERY_NOTIFICATION: RAMBlockNotifierPolicy = {
  name: "series",
  tells: RAM_BLOCK_NOTIFICATIONS,
  tellsNewcomers: true,
};

/** A registered subscriber as it stands. */
export interface RAMBlockSubscriber {
  readonly name: string;
  /** The kinds that it has a method for, whether or not it is told. */
  readonly hears: readonly RAMBlockNotification[];
  /** The blocks that it has been told of, or need not be told of, and that have not gone. */
  readonly knows: readonly RAMBlock[];
}

/** One notification as it was delivered, for reports and timelines. */
export interface RAMBlockNotice {
  readonly kind: RAMBlockNotification;
  readonly idstr: string;
  /** The name of its region, which has one also while the block has none. */
  readonly region: string;
  readonly usedLength: ByteLength;
  readonly maxLength: ByteLength;
  /** Sizes for `resized`, names for `idstr`. */
  readonly from?: number | string;
  readonly to?: number | string;
  /** Who was told, in order, and what was thrown at it, if anything. */
  readonly subscribers: readonly { readonly name: string; readonly error?: string }[];
}

/**
 * The registry of notifiers, one per machine.
 *
 * A change is told to everyone, youngest notifier first, before one error leaves; by then the change has been made. An
 * allocation alone is taken back. A notifier that registers while others are being told has seen the block by replay:
 * of the running change it hears only a `resized`, which is yet to happen; a block that is being removed is not shown
 * to it. A notifier may change any other block. The block that it is being told of can be changed in other ways, but
 * neither in the same way nor removed (`RAM_BLOCK_BUSY`): those behind it would be told of what is no longer true.
 */
export interface RAMBlockNotifiers {
  /**
   * Registers and tells `ramBlockAdded` for every mapped block. When that throws, the blocks told so far are taken
   * back with `ramBlockRemoved`, the notifier is not registered, and `NOTIFIER_FAILED` leaves.
   * Disposing tells `ramBlockRemoved` for every block that was added.
   * The notifier's methods are read here, once: one that is replaced later goes unheard.
   */
  add(notifier: RAMBlockNotifier): Disposable;
  /**
   * Watches deliveries after each has ended, without taking part; it cannot fail the change. `before` gets the notice of
   * a change that is about to be told (and is still being written), so that its consequences can be told from its causes.
   */
  observe(observer: (notice: RAMBlockNotice) => void, before?: (notice: RAMBlockNotice) => void): Disposable;
  /** Names of the subscribers in the order in which they are told: the youngest first, as in the peer. */
  subscribers(): readonly string[];
  /** What is told: `EVERY_NOTIFICATION` unless somebody chose otherwise. */
  readonly policy: RAMBlockNotifierPolicy;
  /** Chooses what is told, before there is a block. Throws `NOTIFIER_POLICY_LATE` afterwards. */
  govern(policy: RAMBlockNotifierPolicy): void;
  /** The subscribers in that order, with what they hear and know. */
  subscriptions(): readonly RAMBlockSubscriber[];
}

export const RAM_BLOCK_NOTIFIERS = token<RAMBlockNotifiers>("RAM_BLOCK_NOTIFIERS");
