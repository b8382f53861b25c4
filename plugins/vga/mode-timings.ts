export interface Mode {
  readonly width: number;
  readonly height: number;
  /** In thousandths of a hertz. */
  readonly refresh: number;
}

interface Direction {
  readonly front: number;
  readonly sync: number;
  readonly blank: number;
}

export interface ModeTimings {
  readonly horizontal: Direction;
  readonly vertical: Direction;
  /** In units of 10 kHz, as descriptors have it. */
  readonly clock: number;
}

/** Porch, pulse and blanking in thousandths of what is visible: no display stands behind them. */
const SHARES = {
  horizontal: { front: [25, 100], sync: [3, 100], blank: [35, 100] },
  vertical: { front: [5, 1000], sync: [5, 1000], blank: [35, 1000] },
} as const;
const CLOCK_UNIT = 10_000_000n;

export function modeTimings({ width, height, refresh }: Mode): ModeTimings {
  const horizontal = direction(width, SHARES.horizontal);
  const vertical = direction(height, SHARES.vertical);
  const columns = BigInt((width + horizontal.blank) >>> 0);
  const rows = BigInt((height + vertical.blank) >>> 0);
  // Properties have 32 bits, and the peer multiplies in 64.
  const clock = BigInt.asUintN(64, BigInt(refresh) * columns * rows) / CLOCK_UNIT;
  return { horizontal, vertical, clock: Number(clock) };
}

type Shares = Readonly<Record<keyof Direction, readonly [number, number]>>;

function direction(visible: number, { front, sync, blank }: Shares): Direction {
  const share = ([numerator, denominator]: readonly [number, number]): number =>
    Math.trunc((Math.imul(visible, numerator) >>> 0) / denominator);
  return { front: share(front), sync: share(sync), blank: share(blank) };
}
