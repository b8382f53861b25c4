import type { JsonObject, JsonValue } from "../contract.ts";

/** The peer keeps an object's members in a hash table of that many chains and writes them chain by chain. */
const CHAINS = 512;

const known = new Map<string, number>();
/** Names come from schemas, and few; but an `id` may hold anything, and is not to fill the memory. */
const KNOWN_LIMIT = 4096;

/**
 * The chain of a name: a linear congruential step over a sum of the name's bytes, each shifted by a multiple of five
 * bits. Measured: the peer returns an `id` with arbitrary members in this order.
 */
function chainOf(name: string): number {
  const found = known.get(name);
  if (found !== undefined) return found;
  const bytes = Buffer.from(name);
  let sum = Math.imul(0x238f13af, bytes.length);
  for (const [index, byte] of bytes.entries()) sum = (sum + (byte << ((index * 5) % 24))) | 0;
  const chain = (Math.imul(1103515243, sum) + 12345) & (CHAINS - 1);
  if (known.size < KNOWN_LIMIT) known.set(name, chain);
  return chain;
}

/** The members of an object in the order in which the peer writes them; within a chain the newest comes first. */
export function membersInOrder(object: JsonObject): (readonly [string, JsonValue])[] {
  const members: { readonly member: readonly [string, JsonValue]; readonly chain: number; readonly age: number }[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (value !== undefined) members.push({ member: [name, value], chain: chainOf(name), age: -members.length });
  }
  return members.sort((a, b) => a.chain - b.chain || a.age - b.age).map(({ member }) => member);
}
