import { colours } from "../colours.ts";
import type { TimelineEntry } from "backplane/plugins/timeline/contract";
import { hex, milliseconds } from "../format.ts";
import { change } from "../run/report.ts";
import { shorten } from "./wrap.ts";

/** What is watched: notifications, and what becomes of a migration. */
export type WatchedEntry = Extract<TimelineEntry, { kind: "ram-block" | "host-mapping" | "migration" }>;

export function isWatched(entry: TimelineEntry): entry is WatchedEntry {
  return entry.kind === "ram-block" || entry.kind === "host-mapping" || entry.kind === "migration";
}

interface Cells {
  readonly kind: string;
  readonly subject: string;
  /** Nothing but the rest of the line is behind the subject where this is undefined. */
  readonly change: string | undefined;
  readonly told: string;
  readonly isFailure: boolean;
}

type Told = readonly { readonly name: string; readonly error?: string }[];

function tellers(subscribers: Told): Pick<Cells, "told" | "isFailure"> {
  const parts = subscribers.map(({ name, error }) => (error === undefined ? name : `${name} FAILED: ${error}`));
  return { told: parts.join(", ") || "nobody", isFailure: subscribers.some(({ error }) => error !== undefined) };
}

function cells(entry: WatchedEntry): Cells {
  switch (entry.kind) {
    case "ram-block": {
      const { notice } = entry;
      const subject = notice.idstr === "" ? `(${notice.region})` : notice.idstr;
      const { usedLength, maxLength } = notice;
      const isWhole = notice.to === undefined && usedLength === maxLength;
      const changed = isWhole ? hex(usedLength) : change(notice);
      return { kind: notice.kind, subject, change: changed, ...tellers(notice.subscribers) };
    }
    case "host-mapping": {
      const { kind, mapping, subscribers } = entry.notice;
      return {
        kind: `mapping-${kind}`,
        subject: mapping.owner,
        change: `${hex(mapping.length)} at ${hex(mapping.hostAddress)}`,
        ...tellers(subscribers),
      };
    }
    case "migration":
      return {
        kind: "migration",
        subject: `${entry.from} → ${entry.to}`,
        change: undefined,
        told: entry.reason ?? "",
        isFailure: entry.to === "failed",
      };
  }
}

const COLOUR: { readonly [kind: string]: (text: string) => string } = {
  added: colours.green,
  resized: colours.yellow,
  idstr: colours.cyan,
  migratable: colours.blue,
  removed: colours.magenta,
  "mapping-added": colours.green,
  "mapping-removed": colours.magenta,
  migration: colours.bold,
};

/** Widths of the columns: what is longer moves the rest along. */
interface Widths {
  readonly time: number;
  readonly kind: number;
  readonly subject: number;
  readonly change: number;
}
const WIDE: Widths = { time: 12, kind: 15, subject: 24, change: 28 };
const NARROW: Widths = { time: 8, kind: 10, subject: 20, change: 18 };
const widthsFor = (width: number): Widths => (width < 110 ? NARROW : WIDE);

export function entryHead(width = Infinity): string {
  const { time, kind, subject, change: changed } = widthsFor(width);
  return colours.dim(
    ["ms".padStart(time), "kind".padEnd(kind), "block".padEnd(subject), "change".padEnd(changed), "told"].join("  "),
  );
}

/** An entry in one line, cut off at `width` where there is one. */
export function renderEntry(entry: WatchedEntry, width = Infinity): string {
  const { kind, subject, change: changed, told, isFailure } = cells(entry);
  const widths = widthsFor(width);
  const start = [
    milliseconds(entry.time).padStart(widths.time),
    kind.padEnd(widths.kind),
    subject.padEnd(widths.subject),
    ...(changed === undefined ? [] : [changed.padEnd(widths.change)]),
  ].join("  ");
  const line = shorten(`${start}  ${told}`.trimEnd(), width);
  // Coloured afterwards: escapes have no width.
  const at = widths.time + 2;
  const colour = COLOUR[kind] ?? ((text: string) => text);
  const rest = line.slice(at + kind.length);
  return line.slice(0, at) + colour(line.slice(at, at + kind.length)) + (isFailure ? colours.red(rest) : rest);
}
