// The text of `info mtree`.
import type { AddressSpace } from "./contract.ts";
import { formatFlatViews } from "./mtree-flat-views.ts";
import { formatTrees } from "./mtree-trees.ts";

/** The flags of `info mtree`. */
export interface MemoryTreeOptions {
  /** `-f`: the flat views instead of the trees. */
  readonly flat: boolean;
  /** `-d`: with the flat views, the tables by which an address is found. */
  readonly dispatchTree: boolean;
  /** `-o`: whose each region is. */
  readonly owner: boolean;
  /** `-D`: regions that are disabled as well; without effect on flat views. */
  readonly disabled: boolean;
}

/** The text of `info mtree`: trees or flat views of address spaces, given in the order in which they were made. */
export function formatMemoryTree(spaces: readonly AddressSpace[], options: MemoryTreeOptions): string {
  return options.flat ? formatFlatViews(spaces, options) : formatTrees(spaces, options);
}
