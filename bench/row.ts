/** One line of the bench's output: always a ratio, taken in one run. */
export interface BenchRow {
  readonly name: string;
  /** What the ratio is against: the peer, a bare loop, the physical limit. */
  readonly against: string;
  readonly ours: number;
  readonly baseline: number;
  readonly unit: string;
  /** The ratio that the project aims at. */
  readonly aim?: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Median nanoseconds of one call of each function, measured in alternation so that drift of the machine hits both. */
export function pairedNanoseconds(
  ours: () => void,
  baseline: () => void,
  calls: number,
  rounds = 31,
): { ours: number; baseline: number } {
  const time = (run: () => void): number => {
    const start = process.hrtime.bigint();
    for (let call = 0; call < calls; call++) run();
    return Number(process.hrtime.bigint() - start) / calls;
  };
  // Both are compiled before the first counted round.
  for (let round = 0; round < 5; round++) {
    time(ours);
    time(baseline);
  }
  const pairs = Array.from({ length: rounds }, () => [time(ours), time(baseline)] as const);
  return { ours: median(pairs.map(([value]) => value)), baseline: median(pairs.map(([, value]) => value)) };
}
