// The peer keeps an object's children in a hash table and walks them in the table's order. That order shows in NFIT, SRAT
// and DMAR, whose entries follow the object tree, in what monitors list, and in which of several wrong parameters an
// error names. It depends on the names alone as long as none is removed, so it is computed here: hashing into a power of
// two of buckets, with triangular probing (Knuth, The Art of Computer Programming, volume 3, §6.4).

const SMALLEST_SHIFT = 3;
/** The greatest prime below each power of two from 8 on; the divisor that picks the first bucket. */
const PRIMES = [7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521];
const FACTOR = 11;
/** Hashes 0 and 1 mark empty and deleted buckets. */
const FIRST_USABLE_HASH = 2;
const GROWTH = 1.333;

interface Entry {
  readonly name: string;
  readonly hash: number;
}

/** Bernstein's string hash over signed bytes, in 32 bits. */
function hashOf(name: string): number {
  let hash = 5381;
  for (const byte of Buffer.from(name, "utf8")) hash = (Math.imul(hash, 33) + ((byte << 24) >> 24)) >>> 0;
  return Math.max(hash, FIRST_USABLE_HASH);
}

/** The first bucket of the entry's probing sequence that `accepts` holds for. */
function probe(entry: Entry, shift: number, accepts: (bucket: number) => boolean): number {
  const prime = PRIMES[shift - SMALLEST_SHIFT];
  if (prime === undefined) throw new RangeError("too many entries");
  let bucket = (Math.imul(entry.hash, FACTOR) >>> 0) % prime;
  for (let step = 1; !accepts(bucket); step++) bucket = (bucket + step) % 2 ** shift;
  return bucket;
}

/** Moves every entry to its bucket in the larger table, in place: whoever sits there is moved on next. */
function grow(buckets: (Entry | undefined)[], shift: number): void {
  const oldSize = buckets.length;
  while (buckets.length < 2 ** shift) buckets.push(undefined);
  const settled = new Set<number>();
  for (let at = 0; at < oldSize; at++) {
    if (settled.has(at)) continue;
    let homeless = buckets[at];
    buckets[at] = undefined;
    while (homeless !== undefined) {
      const bucket = probe(homeless, shift, (candidate) => !settled.has(candidate));
      settled.add(bucket);
      const evicted: Entry | undefined = buckets[bucket];
      buckets[bucket] = homeless;
      homeless = evicted;
    }
  }
}

function shiftFor(size: number): number {
  return Math.max(SMALLEST_SHIFT, 32 - Math.clz32(Math.floor(size)));
}

/**
 * The order in which the peer walks a table of these distinct names, filled in the order given. `qom-list` prints the
 * reverse, because it collects its answer from the front.
 */
export function hashOrder(names: readonly string[]): string[] {
  let shift = SMALLEST_SHIFT;
  const buckets: (Entry | undefined)[] = Array.from({ length: 2 ** shift });
  for (const [index, name] of names.entries()) {
    const entry = { name, hash: hashOf(name) };
    buckets[probe(entry, shift, (bucket) => buckets[bucket] === undefined)] = entry;
    const count = index + 1;
    if (2 ** shift <= count + Math.floor(count / 16)) {
      shift = shiftFor(count * GROWTH);
      grow(buckets, shift);
    }
  }
  return buckets.flatMap((entry) => (entry === undefined ? [] : [entry.name]));
}
