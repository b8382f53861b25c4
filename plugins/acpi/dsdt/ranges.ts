// Arithmetic on the address ranges of the PCI windows.

/** From `first` to `last`, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

const byFirst = (left: Range, right: Range): number => left.first - right.first;

/** The ranges sorted, neighbours that touch made one. */
export function joinAdjacent(ranges: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  for (const range of [...ranges].sort(byFirst)) {
    const previous = joined.at(-1);
    if (previous && previous.last + 1 === range.first)
      joined.splice(-1, 1, { first: previous.first, last: range.last });
    else joined.push(range);
  }
  return joined;
}

/** What `taken` leaves of the window. */
export function withoutRanges(window: Range, taken: readonly Range[]): readonly Range[] {
  const left: Range[] = [];
  let next = window.first;
  for (const range of [...taken].sort(byFirst)) {
    if (next < range.first) left.push({ first: next, last: range.first - 1 });
    next = range.last + 1;
  }
  // A single address at the end is not worth a window; the peer leaves it out as well.
  if (next < window.last) left.push({ first: next, last: window.last });
  return left;
}

/** The smallest range that holds all, if there is any. */
export function hull(ranges: readonly Range[]): Range | undefined {
  const [head, ...rest] = ranges;
  if (!head) return undefined;
  return rest.reduce(
    (hull, { first, last }) => ({ first: Math.min(hull.first, first), last: Math.max(hull.last, last) }),
    head,
  );
}
