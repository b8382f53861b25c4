// `info mtree`: the trees of address spaces, then those that aliases show.
import type { AddressSpace } from "./contract.ts";
import type { MemoryRegion } from "./memory-region.ts";
import type { MemoryTreeOptions } from "./mtree.ts";
import { addressText, lastAddress, ownerText, typeText } from "./mtree-text.ts";
import { groupBy } from "./sorted.ts";

/**
 * Address spaces over one root stand together, by name; the roots in the order of their first space (the peer's order is
 * that of host addresses). A region that an alias shows is printed once, behind everything that was found before it.
 */
export function formatTrees(spaces: readonly AddressSpace[], options: MemoryTreeOptions): string {
  const byRoot = groupBy(spaces, ({ root }) => root);
  const text: string[] = [];
  const targets = new Set<MemoryRegion>();
  for (const [root, sharing] of byRoot) {
    const names = sharing.map(({ name }) => name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const name of names) text.push(`address-space: ${name}\n`);
    printTree(text, root, 1, 0n, targets, options);
    text.push("\n");
  }
  // A set yields what is added to it on the way.
  for (const target of targets) {
    text.push(`memory-region: ${target.name}\n`);
    printTree(text, target, 1, 0n, targets, options);
    text.push("\n");
  }
  return text.join("");
}

function printTree(
  text: string[],
  region: MemoryRegion,
  level: number,
  base: bigint,
  targets: Set<MemoryRegion>,
  options: MemoryTreeOptions,
): void {
  const start = BigInt.asUintN(64, base + BigInt(region.address));
  const end = BigInt.asUintN(64, lastAddress(start, region.size));
  if (start < base || end < start) text.push("[DETECTED OVERFLOW!] ");
  if (region.alias !== undefined) targets.add(region.alias.target);
  if (region.enabled || options.disabled) {
    const prefix = region.nonvolatile ? "nv-" : "";
    text.push(
      `${"  ".repeat(level)}${addressText(start)}-${addressText(end)}`,
      ` (prio ${region.priority}, ${prefix}${typeText(region)}): ${nameText(region)}`,
      region.enabled ? "" : " [disabled]",
      options.owner ? ownerText(region) : "",
      "\n",
    );
  }
  const ascending = region.subregions.toSorted((a, b) => a.address - b.address || b.priority - a.priority);
  for (const child of ascending) printTree(text, child, level + 1, start, targets, options);
}

function nameText(region: MemoryRegion): string {
  if (region.alias === undefined) return region.name;
  const { target, offset } = region.alias;
  const from = BigInt(offset);
  return `alias ${region.name} @${target.name} ${addressText(from)}-${addressText(lastAddress(from, region.size))}`;
}
