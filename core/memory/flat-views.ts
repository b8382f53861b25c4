import type { FlatAddressSpace } from "./flat-address-space.ts";
import { FlatView, flatViewRoot } from "./flat-view.ts";
import type { ListenerList } from "./listener-list.ts";
import { DIRTY_MIGRATION } from "./memory-listener.ts";
import type { MemoryRegionNode } from "./memory-region-node.ts";

/** Renders the views of all address spaces: one per root, and the old one again where nothing changed. */
export class FlatViews {
  readonly #listeners: ListenerList;
  #isLoggingAll = false;
  readonly #dirtyLogOf = (region: MemoryRegionNode): number =>
    this.#isLoggingAll && region.ramBlock?.migratable === true ? region.dirtyLog | DIRTY_MIGRATION : region.dirtyLog;

  constructor(listeners: ListenerList) {
    this.#listeners = listeners;
  }

  /** From the next rendering on, whether all migratable RAM is logged. */
  logAll(isOn: boolean): void {
    this.#isLoggingAll = isOn;
  }

  /** The view for a new address space. Inside of a batch of changes one that others have is as old for it as for them. */
  of(root: MemoryRegionNode, others: readonly FlatAddressSpace[]): FlatView {
    const rendered = flatViewRoot(root);
    return others.find(({ view }) => view.root === rendered)?.view ?? new FlatView(rendered, this.#dirtyLogOf);
  }

  render(spaces: readonly FlatAddressSpace[]): void {
    const before = new Map(spaces.map(({ view }) => [view.root, view]));
    const after = new Map<MemoryRegionNode | undefined, FlatView>();
    const views = spaces.map(({ root }) => {
      const rendered = flatViewRoot(root);
      let view = after.get(rendered);
      if (view === undefined) {
        const old = before.get(rendered);
        view = new FlatView(rendered, this.#dirtyLogOf);
        if (old?.equals(view) === true) view = old;
        after.set(rendered, view);
      }
      return view;
    });
    this.#listeners.around((failures) => {
      for (const [index, space] of spaces.entries()) {
        const view = views[index];
        if (view === undefined) continue;
        this.#listeners.tellChanges(space, space.view, view, failures);
        space.show(view);
      }
    });
  }
}
