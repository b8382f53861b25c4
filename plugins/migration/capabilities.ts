import { migrationErrors } from "./errors.ts";

/** The peer's capabilities in the order of `query-migrate-capabilities`. */
export const CAPABILITIES = [
  "xbzrle",
  "rdma-pin-all",
  "auto-converge",
  "zero-blocks",
  "events",
  "postcopy-ram",
  "x-colo",
  "release-ram",
  "return-path",
  "pause-before-switchover",
  "multifd",
  "dirty-bitmaps",
  "postcopy-blocktime",
  "late-block-activate",
  "x-ignore-shared",
  "validate-uuid",
  "background-snapshot",
  "zero-copy-send",
  "postcopy-preempt",
  "switchover-ack",
  "dirty-limit",
  "mapped-ram",
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What a migration here can do. Switching anything else on is refused: a stream without it would not be what was asked for. */
const SUPPORTED: ReadonlySet<Capability> = new Set(["events", "pause-before-switchover"]);

const NOT_WITH_SNAPSHOT: readonly Capability[] = [
  "postcopy-ram",
  "dirty-bitmaps",
  "postcopy-blocktime",
  "late-block-activate",
  "return-path",
  "multifd",
  "pause-before-switchover",
  "auto-converge",
  "release-ram",
  "rdma-pin-all",
  "xbzrle",
  "x-colo",
  "validate-uuid",
  "zero-copy-send",
];

export interface CapabilityChange {
  readonly capability: Capability;
  readonly state: boolean;
}

/** Which capabilities are on. */
export class MigrationCapabilities {
  #on: ReadonlySet<Capability> = new Set();

  has(capability: Capability): boolean {
    return this.#on.has(capability);
  }

  /** All of the changes or, when one is refused, none. */
  set(changes: readonly CapabilityChange[]): void {
    const next = new Set(this.#on);
    for (const { capability, state } of changes) {
      if (state) next.add(capability);
      else next.delete(capability);
    }
    const conflict = findConflict(next);
    if (conflict !== undefined) throw migrationErrors.CAPABILITY_CONFLICT(conflict);
    for (const capability of next) {
      if (!SUPPORTED.has(capability)) throw migrationErrors.CAPABILITY_UNSUPPORTED(capability);
    }
    this.#on = next;
  }
}

/** What of a set the peer refuses, in its words and in the order in which it looks. */
function findConflict(on: ReadonlySet<Capability>): string | undefined {
  const has = (capability: Capability): boolean => on.has(capability);
  if (has("postcopy-ram") && has("x-ignore-shared")) return "Postcopy is not compatible with ignore-shared";
  if (has("postcopy-ram") && has("multifd")) return "Postcopy is not yet compatible with multifd";
  if (has("background-snapshot")) {
    const other = NOT_WITH_SNAPSHOT.find(has);
    if (other !== undefined) return `Background-snapshot is not compatible with ${other}`;
  }
  if (has("zero-copy-send") && (!has("multifd") || has("xbzrle"))) {
    return "Zero copy only available for non-compressed non-TLS multifd migration";
  }
  if (has("postcopy-preempt") && !has("postcopy-ram")) return "Postcopy preempt requires postcopy-ram";
  if (has("switchover-ack") && !has("return-path"))
    return "Capability 'switchover-ack' requires capability 'return-path'";
  if (has("dirty-limit")) {
    return has("auto-converge")
      ? "dirty-limit conflicts with auto-converge either of then available currently"
      : "dirty-limit requires KVM with accelerator property 'dirty-ring-size' set";
  }
  if (has("multifd") && has("xbzrle")) return "Multifd is not compatible with xbzrle";
  if (has("mapped-ram") && has("xbzrle")) return "Mapped-ram migration is incompatible with xbzrle";
  if (has("mapped-ram") && has("postcopy-ram")) return "Mapped-ram migration is incompatible with postcopy";
  return undefined;
}
