import type { RAMBlock } from "backplane";

/** A RAM block at one moment, as data. */
export interface RAMBlockRow {
  readonly name: string;
  /** The region that it backs, which has a name also while the block has none. */
  readonly region: string;
  readonly offset: number;
  readonly used: number;
  readonly max: number;
  readonly pageSize: number;
  readonly migratable: boolean;
  readonly readonly: boolean;
}

export function ramBlockRows(blocks: readonly RAMBlock[]): readonly RAMBlockRow[] {
  return blocks.map((block) => ({
    name: block.idstr,
    region: block.region.name,
    offset: block.offset,
    used: block.usedLength,
    max: block.maxLength,
    pageSize: block.pageSize,
    migratable: block.migratable,
    readonly: block.flags.readonly,
  }));
}
