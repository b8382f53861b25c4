// A radix tree from page numbers to numbers of sections, with skipped levels, as far as its shape is printed.

export const ENTRIES_BITS = 9;
/** Enough for the 52 bits of a page number. */
export const LEVELS = 6;
/** An inner entry without a node behind it. */
export const NOWHERE = -1;

const ENTRIES = 2 ** ENTRIES_BITS;
/** The section that a page belongs to when nobody said otherwise. */
const UNASSIGNED_SECTION = 0;

/** An entry: with `skip` 0 a section, else a node that lies so many levels below. */
interface Entry {
  pointer: number;
  skip: number;
}

/** Equal entries side by side. */
interface Run extends Readonly<Entry> {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

class TreeNode {
  readonly entries: readonly Entry[];

  constructor(isLowest: boolean) {
    const pointer = isLowest ? UNASSIGNED_SECTION : NOWHERE;
    this.entries = Array.from({ length: ENTRIES }, () => ({ pointer, skip: isLowest ? 0 : 1 }));
  }

  runs(): readonly Run[] {
    const runs: { first: number; last: number; pointer: number; skip: number }[] = [];
    for (const [at, { pointer, skip }] of this.entries.entries()) {
      const run = runs.at(-1);
      if (run !== undefined && run.pointer === pointer && run.skip === skip) run.last = at;
      else runs.push({ first: at, last: at, pointer, skip });
    }
    return runs;
  }
}

export class PageTree {
  readonly root: Entry = { pointer: NOWHERE, skip: 1 };
  readonly #nodes: TreeNode[] = [];

  /** In the order in which they were needed. */
  get nodes(): readonly TreeNode[] {
    return this.#nodes;
  }

  set(page: number, count: number, section: number): void {
    this.#set(this.root, page, page + count, section, LEVELS - 1, 0);
  }

  /** Entries whose node leads to one place only come to lead there themselves. */
  compact(): void {
    this.#compact(this.root);
  }

  /** Sets what of the pages from `low` to `high` lies under an entry, whose node's first page is `base`. */
  #set(entry: Entry, low: number, high: number, section: number, level: number, base: number): void {
    if (entry.pointer === NOWHERE) {
      entry.pointer = this.#nodes.length;
      this.#nodes.push(new TreeNode(level === 0));
    }
    const { entries } = this.#nodes[entry.pointer] as TreeNode;
    const step = 2 ** (ENTRIES_BITS * level);
    const first = Math.max(Math.floor((low - base) / step), 0);
    for (let at = first; at < ENTRIES; at++) {
      const start = base + at * step;
      if (start >= high) return;
      const below = entries[at];
      if (below === undefined) return;
      if (start >= low && start + step <= high) {
        below.skip = 0;
        below.pointer = section;
      } else this.#set(below, low, high, section, level - 1, start);
    }
  }

  #compact(entry: Entry): void {
    const node = this.#nodes[entry.pointer];
    if (node === undefined) return;
    const used = node.entries.filter(({ pointer }) => pointer !== NOWHERE);
    for (const below of used) if (below.skip > 0) this.#compact(below);
    const [only] = used;
    if (only === undefined || used.length > 1) return;
    entry.pointer = only.pointer;
    entry.skip = only.skip === 0 ? 0 : entry.skip + only.skip;
  }
}
