// What a function's notifiers were told is mapped, in the shape of the tables that say so: without it an invalidation
// could not tell what is new from what was there before.
import type { IommuPermission } from "backplane";
import { indexOf, pageSize } from "./second-level.ts";

const TOP = 4;

interface Page {
  readonly translated: number;
  readonly permission: IommuPermission;
}

interface Table {
  readonly entries: Map<number, Page | Table>;
}

const isTable = (entry: Page | Table): entry is Table => "entries" in entry;
const table = (): Table => ({ entries: new Map() });

export class Shadow {
  #root = table();

  get isEmpty(): boolean {
    return this.#root.entries.size === 0;
  }

  clear(): void {
    this.#root = table();
  }

  /** Whether anything is mapped in the page of that level. */
  has(address: number, level: number): boolean {
    let at = this.#root;
    for (let depth = TOP; ; depth--) {
      const entry = at.entries.get(indexOf(address, depth));
      if (entry === undefined) return false;
      if (depth === level || !isTable(entry)) return true;
      at = entry;
    }
  }

  /** Whether exactly this is mapped. */
  isMapped(address: number, level: number, translated: number, permission: IommuPermission): boolean {
    let at = this.#root;
    for (let depth = TOP; ; depth--) {
      const entry = at.entries.get(indexOf(address, depth));
      if (entry === undefined) return false;
      if (!isTable(entry)) {
        return depth === level && entry.translated === translated && entry.permission === permission;
      }
      if (depth === level) return false;
      at = entry;
    }
  }

  /** Nothing may be mapped there. */
  insert(address: number, level: number, page: Page): void {
    let at = this.#root;
    for (let depth = TOP; depth > level; depth--) {
      const index = indexOf(address, depth);
      const entry = at.entries.get(index);
      if (entry !== undefined && isTable(entry)) at = entry;
      else {
        const below = table();
        at.entries.set(index, below);
        at = below;
      }
    }
    at.entries.set(indexOf(address, level), page);
  }

  /** Every page that the range touches goes, whole. */
  remove(start: number, end: number): void {
    removeFrom(this.#root, TOP, 0, start, end);
  }
}

function removeFrom(from: Table, level: number, base: number, start: number, end: number): void {
  const size = pageSize(level);
  for (const [index, entry] of from.entries) {
    const first = base + index * size;
    const next = first + size;
    if (next <= start || first >= end) continue;
    if (isTable(entry) && (first < start || next > end)) {
      removeFrom(entry, level - 1, first, start, end);
      if (entry.entries.size > 0) continue;
    }
    from.entries.delete(index);
  }
}
