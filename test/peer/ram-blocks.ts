/** One line of `x-query-ramblock`, as far as a reader of the block's memory needs it. */
export interface PeerRamBlock {
  readonly name: string;
  readonly offset: number;
  readonly used: number;
  readonly max: number;
  readonly hva: number;
}

const row =
  /^ *(\S.*?) {2,}(\d+ \w+) {2}(0x[0-9a-f]{16}) (0x[0-9a-f]{16}) (0x[0-9a-f]{16}) (0x[0-9a-f]{16}) {2}(r[ow])$/;

/** Reads the table that `x-query-ramblock` prints. */
export function parseRamBlocks(text: string): PeerRamBlock[] {
  const blocks: PeerRamBlock[] = [];
  for (const line of text.split("\n").slice(1)) {
    if (line === "") continue;
    const match = row.exec(line);
    if (!match) throw new Error(`x-query-ramblock: cannot read the line ${JSON.stringify(line)}`);
    const [, name = "", , offset, used, max, hva] = match;
    blocks.push({ name, offset: Number(offset), used: Number(used), max: Number(max), hva: Number(hva) });
  }
  return blocks;
}
