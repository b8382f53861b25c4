import {
  RAM_BLOCK_NOTIFIERS,
  type Disposable,
  type Machine,
  type RAMBlock,
  type RAMBlockNotice,
  type RAMBlockNotification,
  type RAMBlockNotifiers,
} from "backplane";

/** One call of a recording notifier: what it was told, and the block as it was at that moment. */
export interface RecordedNotification {
  readonly kind: RAMBlockNotification;
  readonly idstr: string;
  readonly usedLength: number;
  readonly migratable: boolean;
  readonly change?: { readonly from: string | number; readonly to: string | number };
}

/** Registers a notifier that takes part and remembers. */
export function recordNotifications(
  notifiers: RAMBlockNotifiers,
  name = "recorder",
): { readonly calls: RecordedNotification[] } & Disposable {
  const calls: RecordedNotification[] = [];
  const note = (kind: RAMBlockNotification, block: RAMBlock, change?: RecordedNotification["change"]): void => {
    const { idstr, usedLength, migratable } = block;
    calls.push({ kind, idstr, usedLength, migratable, ...(change === undefined ? {} : { change }) });
  };
  const registration = notifiers.add({
    name,
    ramBlockAdded: (block) => note("added", block),
    ramBlockResized: (block, { from, to }) => note("resized", block, { from, to }),
    ramBlockIdstrChanged: (block, { from, to }) => note("idstr", block, { from, to }),
    ramBlockMigratableChanged: (block) => note("migratable", block),
    ramBlockRemoved: (block) => note("removed", block),
  });
  return { calls, dispose: () => registration.dispose() };
}

/** Remembers the notices of a machine from now on, without taking part. */
export function recordNotices(machine: Machine): { readonly notices: RAMBlockNotice[] } & Disposable {
  const notices: RAMBlockNotice[] = [];
  const watch = machine.service(RAM_BLOCK_NOTIFIERS).observe((notice) => notices.push(notice));
  return { notices, dispose: () => watch.dispose() };
}
