// `info mtree -f -d`: the sections of a view, and the radix tree of pages by which the peer finds them. Here addresses are
// found by bisection; the tree is what one would be for the same view, made only to be printed.
import { TARGET_PAGE_SIZE } from "./address.ts";
import type { FlatView } from "./flat-view.ts";
import type { FlatViewRange } from "./flat-view-range.ts";
import { addressText } from "./mtree-text.ts";
import { ENTRIES_BITS, LEVELS, NOWHERE, PageTree } from "./page-tree.ts";

/** A run of whole pages, a part of a page, or a page that several share (which has no region of its own). */
interface Section {
  readonly start: bigint;
  /** Inclusive. */
  readonly last: bigint;
  readonly range: FlatViewRange | undefined;
}

/** What the peer writes behind its first sections by their number; only the first still means it. */
const LABELS = [" [unassigned]", " [not dirty]", " [ROM]", " [watch]"];
const EVERYTHING: Section = { start: 0n, last: 2n ** 64n - 1n, range: undefined };
const PAGE = BigInt(TARGET_PAGE_SIZE);

export function formatDispatch(view: FlatView): string {
  const { sections, tree, latest } = dispatch(view);
  const text = ["  Dispatch\n", "    Physical sections\n"];
  for (const [number, section] of sections.entries()) {
    const { start, last, range } = section;
    const region = range?.region;
    text.push(
      `      #${number} @${addressText(start)}..${addressText(last)} ${region?.name ?? "(noname)"}`,
      LABELS[number] ?? "",
      region !== undefined && region === view.root ? " [ROOT]" : "",
      section === latest ? " [MRU]" : "",
      region?.kind === "iommu" ? " [iommu]" : "",
      "\n",
    );
  }
  const { root } = tree;
  text.push(
    `    Nodes (${ENTRIES_BITS} bits per level, ${LEVELS} levels) ptr=${place(root.pointer)} skip=${root.skip}\n`,
  );
  for (const [number, node] of tree.nodes.entries()) {
    text.push(`      [${number}]\n`);
    for (const { first, last, skip, pointer } of node.runs()) {
      const span =
        first === last
          ? `${String(first).padStart(3)}      `
          : `${String(first).padStart(3)}..${String(last).padEnd(3)} `;
      const target = pointer === NOWHERE ? "NIL" : skip === 0 ? `#${pointer}` : place(pointer);
      text.push(`\t${span} skip=${skip}  ptr=${target}\n`);
    }
  }
  return text.join("");
}

function place(pointer: number): string {
  return `[${pointer}]`;
}

/** Cuts the ranges at pages: what fills pages is a section of the tree, what shares one is found through the page's own. */
function dispatch(view: FlatView): {
  readonly sections: readonly Section[];
  readonly tree: PageTree;
  readonly latest: Section | undefined;
} {
  const sections: Section[] = [EVERYTHING];
  const tree = new PageTree();
  const shared = new Map<bigint, Section>();
  let latest: Section | undefined;
  const add = (section: Section): number => sections.push(section) - 1;
  const addPart = (range: FlatViewRange, start: bigint, end: bigint): Section => {
    const page = start - (start % PAGE);
    let holder = shared.get(page);
    if (holder === undefined) {
      holder = { start: page, last: page + PAGE - 1n, range: undefined };
      shared.set(page, holder);
      tree.set(Number(page / PAGE), 1, add(holder));
    }
    add({ start, last: end - 1n, range });
    return holder;
  };
  for (const range of view.ranges) {
    const end = BigInt(range.end);
    let found: Section | undefined;
    let at = BigInt(range.start);
    if (at % PAGE !== 0n) {
      const border = at - (at % PAGE) + PAGE;
      const stop = border < end ? border : end;
      found = addPart(range, at, stop);
      at = stop;
    }
    const whole = end - (end % PAGE);
    if (at < whole) {
      const section = { start: at, last: whole - 1n, range };
      tree.set(Number(at / PAGE), Number((whole - at) / PAGE), add(section));
      found = section;
      at = whole;
    }
    if (at < end) {
      const holder = addPart(range, at, end);
      found ??= holder;
    }
    if (range === view.latest) latest = found;
  }
  tree.compact();
  return { sections, tree, latest };
}
