/** A range of guest addresses and the node it belongs to. */
export interface NodeRange {
  readonly node: number;
  readonly base: number;
  readonly length: number;
}

/** How main RAM is laid out around the PCI hole. */
export interface RamLayout {
  /** Bytes of RAM below 4 GiB; the hole begins there. */
  readonly belowFourGiB: number;
  /** Where the rest continues. */
  readonly aboveFourGiBStart: number;
}

const LEGACY_HOLE = { start: 640 * 1024, end: 1024 * 1024 } as const;

/**
 * The guest addresses of each node's RAM, in order. Nodes follow each other through RAM; a node that reaches a hole is
 * cut. RAM under the legacy hole is lost to its node: behind the hole the node goes on at 1 MiB, as if it had used it.
 * RAM at the PCI hole is not lost: it moves behind it.
 */
export function nodeRanges(nodeMemory: readonly number[], ram: RamLayout): NodeRange[] {
  const ranges: NodeRange[] = [];
  let next = 0;
  for (const [node, bytes] of nodeMemory.entries()) {
    const add = (start: number, end: number): void => {
      if (end > start) ranges.push({ node, base: start, length: end - start });
    };
    let start = next;
    let end = start + bytes;
    if (start <= LEGACY_HOLE.start && end > LEGACY_HOLE.start) {
      add(start, LEGACY_HOLE.start);
      start = LEGACY_HOLE.end;
      end = Math.max(end, LEGACY_HOLE.end);
    }
    if (start <= ram.belowFourGiB && end > ram.belowFourGiB) {
      add(start, ram.belowFourGiB);
      end = ram.aboveFourGiBStart + (end - ram.belowFourGiB);
      start = ram.aboveFourGiBStart;
    }
    add(start, end);
    next = end;
  }
  return ranges;
}
