// The rules of blkdebug: on which event, in which state, which requests fail, or which state follows.
import type { JsonObject, JsonValue } from "backplane";
import type { BlockOperation } from "../contract.ts";
import { textOf } from "../text-of.ts";

export const BLKDEBUG_EVENTS = [
  "l1_update",
  "l1_grow_alloc_table",
  "l1_grow_write_table",
  "l1_grow_activate_table",
  "l2_load",
  "l2_update",
  "l2_update_compressed",
  "l2_alloc_cow_read",
  "l2_alloc_write",
  "read_aio",
  "read_backing_aio",
  "read_compressed",
  "write_aio",
  "write_compressed",
  "vmstate_load",
  "vmstate_save",
  "cow_read",
  "cow_write",
  "reftable_load",
  "reftable_grow",
  "reftable_update",
  "refblock_load",
  "refblock_update",
  "refblock_update_part",
  "refblock_alloc",
  "refblock_alloc_hookup",
  "refblock_alloc_write",
  "refblock_alloc_write_blocks",
  "refblock_alloc_write_table",
  "refblock_alloc_switch_table",
  "cluster_alloc",
  "cluster_alloc_bytes",
  "cluster_free",
  "flush_to_os",
  "flush_to_disk",
  "pwritev_rmw_head",
  "pwritev_rmw_after_head",
  "pwritev_rmw_tail",
  "pwritev_rmw_after_tail",
  "pwritev",
  "pwritev_zero",
  "pwritev_done",
  "empty_image_prepare",
  "l1_shrink_write_table",
  "l1_shrink_free_l2_clusters",
  "cor_write",
  "cluster_alloc_space",
  "none",
] as const;

export const BLKDEBUG_OPERATIONS = ["read", "write", "write-zeroes", "discard", "flush", "block-status"] as const;

interface InjectRule {
  readonly kind: "inject-error";
  readonly event: string;
  /** 0 is any. */
  readonly state: number;
  readonly operation: string | undefined;
  readonly errno: number;
  /** -1 is anywhere. */
  readonly sector: number;
  readonly once: boolean;
  /** Without going through the event loop, which nobody can tell here. */
  readonly immediately: boolean;
}
interface StateRule {
  readonly kind: "set-state";
  readonly event: string;
  readonly state: number;
  readonly newState: number;
}
export type BlkdebugRule = InjectRule | StateRule;

const EIO = 5;
const SECTOR = 512;
const number = (value: JsonValue | undefined, fallback: number): number =>
  typeof value === "number" ? value : fallback;

export function injectRule(options: JsonObject): InjectRule {
  const operation = options["iotype"];
  return {
    kind: "inject-error",
    event: textOf(options["event"]),
    state: number(options["state"], 0),
    operation: typeof operation === "string" ? operation : undefined,
    errno: number(options["errno"], EIO),
    sector: number(options["sector"], -1),
    once: options["once"] === true,
    immediately: options["immediately"] === true,
  };
}

export function stateRule(options: JsonObject): StateRule {
  return {
    kind: "set-state",
    event: textOf(options["event"]),
    state: number(options["state"], 0),
    newState: number(options["new_state"], 0),
  };
}

export class BlkdebugRules {
  readonly #rules: Set<BlkdebugRule>;
  /** Newest first. */
  #active: InjectRule[] = [];
  #state = 1;

  constructor(rules: readonly BlkdebugRule[]) {
    this.#rules = new Set(rules);
    this.notice("none");
  }

  /** An event activates its error rules, which replace those of the event before, and changes the state. */
  notice(event: string): void {
    const fitting = [...this.#rules].filter(
      (rule) => rule.event === event && (rule.state === 0 || rule.state === this.#state),
    );
    const injected = fitting.filter((rule) => rule.kind === "inject-error");
    if (injected.length > 0) this.#active = injected;
    for (const rule of fitting) if (rule.kind === "set-state") this.#state = rule.newState;
  }

  /** The errno's number with which a request fails; undefined when it does not. */
  errnoFor(operation: BlockOperation, offset: number, length: number): number | undefined {
    const rule = this.#active.find(
      (candidate) =>
        (candidate.operation === undefined || candidate.operation === operation) &&
        (candidate.sector < 0 || (candidate.sector * SECTOR >= offset && candidate.sector * SECTOR < offset + length)),
    );
    if (rule === undefined || rule.errno === 0) return undefined;
    if (rule.once) {
      this.#active = this.#active.filter((other) => other !== rule);
      this.#rules.delete(rule);
    }
    return rule.errno;
  }
}
