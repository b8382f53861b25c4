import type { HostMappingNotifiers } from "backplane";
import type { CacheEntry } from "./entry.ts";

/**
 * Tells subscribers of host mappings which windows there are. With `qemu-10.0` as the peer does: a dummy is announced
 * like a guest's memory and not announced again when that takes its place, and what an invalidation of all takes is
 * never retracted.
 */
export class Announcer {
  readonly #notifiers: HostMappingNotifiers;
  readonly #isPaired: boolean;
  /** Announcements of windows that have gone. */
  readonly #stale = new Set<{ dispose(): void | Promise<void> }>();

  constructor(notifiers: HostMappingNotifiers, policy: "paired" | "qemu-10.0") {
    this.#notifiers = notifiers;
    this.#isPaired = policy === "paired";
  }

  /** After it was mapped. Throws `NOTIFIER_FAILED` when a subscriber refuses; then nobody knows of it. */
  announce(entry: CacheEntry): void {
    if (entry.announcement !== undefined || (this.#isPaired && entry.isDummy)) return;
    const { hostAddress, size } = entry;
    entry.announcement = this.#notifiers.publish({
      kind: "host-mapping",
      owner: "xen-mapcache",
      hostAddress,
      length: size,
    });
  }

  /** Before what is behind it changes. */
  retract(entry: CacheEntry): void {
    if (!this.#isPaired && entry.isDummy) return;
    this.#takeBack(entry);
  }

  /** Before it is unmapped, by an invalidation of all or for itself. */
  end(entry: CacheEntry, because: "all" | "itself"): void {
    if (because === "all" && !this.#isPaired) {
      if (entry.announcement !== undefined) this.#stale.add(entry.announcement);
      entry.announcement = undefined;
      return;
    }
    this.#takeBack(entry);
  }

  /** The machine goes. */
  endAll(): void {
    for (const announcement of this.#stale) void announcement.dispose();
    this.#stale.clear();
  }

  #takeBack(entry: CacheEntry): void {
    const { announcement } = entry;
    entry.announcement = undefined;
    void announcement?.dispose();
  }
}
