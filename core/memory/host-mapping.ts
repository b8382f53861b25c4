import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { ByteLength } from "./address.ts";
import type { HostAddress } from "./host-memory.ts";

/**
 * A stretch of the host's address space through which guest memory is reached, but which is no RAM block: what Xen's map
 * cache maps and unmaps. It has no place in ram-address space, no name in the migration stream, and never changes size.
 */
export interface HostMapping {
  readonly kind: "host-mapping";
  /** Who made it: the plugin's id. */
  readonly owner: string;
  readonly hostAddress: HostAddress;
  readonly length: ByteLength;
}

/** Hears of host mappings. Synchronous, optional methods; for each mapping `added → removed`, nothing when `added` threw. */
export interface HostMappingNotifier {
  readonly name: string;
  /** After it was mapped; also on registration, for every mapping there is. */
  hostMappingAdded?(mapping: HostMapping): void;
  /** Before it is unmapped; also on deregistration. */
  hostMappingRemoved?(mapping: HostMapping): void;
}

/** One notification as it was delivered, for reports and timelines. */
export interface HostMappingNotice {
  readonly kind: "added" | "removed";
  readonly mapping: HostMapping;
  /** Who was told, in order, and what was thrown at it, if anything. */
  readonly subscribers: readonly { readonly name: string; readonly error?: string }[];
}

/** A registered subscriber as it stands. */
export interface HostMappingSubscriber {
  readonly name: string;
  readonly hears: readonly ("added" | "removed")[];
  /** As with RAM blocks: none, for one that would be told of new ones and is not. */
  readonly knows: readonly HostMapping[];
}

/**
 * The registry of such notifiers, apart from RAM blocks so that whoever cares for blocks only (migration) need not tell
 * them apart. Whoever pins or registers all host memory (VFIO, NVMM, a block driver) adds itself to both.
 */
export interface HostMappingNotifiers {
  /** Registers and replays. A refusal rolls the registration back and leaves as `NOTIFIER_FAILED`. */
  add(notifier: HostMappingNotifier): Disposable;
  /**
   * Tells `added`; disposing tells `removed`, then the owner may unmap. A refusal takes the mapping back from those that
   * accepted it and leaves as `NOTIFIER_FAILED`.
   */
  publish(mapping: HostMapping): Disposable;
  mappings(): readonly HostMapping[];
  /** Watches deliveries after each has ended, without taking part; it cannot fail the change. */
  observe(observer: (notice: HostMappingNotice) => void): Disposable;
  /** The subscribers in the order in which they are told: the youngest first. */
  subscriptions(): readonly HostMappingSubscriber[];
}

export const HOST_MAPPING_NOTIFIERS = token<HostMappingNotifiers>("HOST_MAPPING_NOTIFIERS");
