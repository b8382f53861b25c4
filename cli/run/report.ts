import { colours } from "../colours.ts";
import { formatSize, type Machine, type RAMBlockNotice } from "backplane";
import { TIMELINE, type TimelineEntry } from "backplane/plugins/timeline/contract";
import { hex, milliseconds } from "../format.ts";
import { table } from "../table.ts";
import type { UntoldErrand } from "../untold.ts";
import type { RAMBlockRow } from "./ram-block-rows.ts";
import type { Snapshot, StepOutcome } from "./scenario.ts";

/** A run, as data: what `--json` prints and what the text is made of. */
export interface RunReport {
  readonly definition: string;
  readonly description: string | undefined;
  readonly machine: { readonly type: string; readonly memory: number; readonly devices: readonly string[] };
  /** Notifications that somebody was not told of. */
  readonly untold: readonly UntoldErrand[];
  readonly ramBlocks: readonly Snapshot[];
  readonly timeline: readonly TimelineEntry[];
  readonly steps: readonly StepOutcome[];
  readonly observed: boolean;
}

export function makeReport(
  machine: Machine,
  about: {
    readonly file: string;
    readonly description: string | undefined;
    readonly untold?: readonly UntoldErrand[];
  },
  run: { readonly outcomes: readonly StepOutcome[]; readonly snapshots: readonly Snapshot[] },
): RunReport {
  const { definition, type } = machine;
  return {
    definition: about.file,
    description: about.description,
    machine: {
      type: type.name,
      memory: definition.memory.size,
      devices: definition.devices.map(({ driver }) => driver),
    },
    untold: about.untold ?? [],
    ramBlocks: run.snapshots,
    timeline: machine.service(TIMELINE).entries(),
    steps: run.outcomes,
    observed: run.outcomes.every(({ ok }) => ok),
  };
}

export function renderReport(report: RunReport): string {
  const { machine } = report;
  return [
    colours.bold(report.description ?? report.definition),
    colours.dim(
      `${machine.type}, ${formatSize(machine.memory)}, ${machine.devices.join(", ") || "no devices of its own"}`,
    ),
    ...report.untold.map(untoldLine),
    "",
    ...section("RAM blocks", ramBlockTable(report.ramBlocks)),
    ...section("Notifications", notificationTable(report.timeline)),
    ...section("Migration", migrationTable(report.timeline)),
    ...section("Verdict", report.steps.filter(isClaim).map(verdict)),
    report.observed ? colours.green("All of it was observed.") : colours.red("Not all of it was observed."),
    "",
  ].join("\n");
}

export function untoldLine({ subscriber, kind, breaks }: UntoldErrand): string {
  return `${colours.yellow(`${subscriber} is not told '${kind}'`)}: ${breaks}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [colours.bold(title), ...lines, ""];
}

/** One row a block; a column of used sizes for every snapshot, the changed ones marked. */
function ramBlockTable(snapshots: readonly Snapshot[]): string[] {
  const [first, ...later] = snapshots;
  if (first === undefined) return [];
  const last = later.at(-1) ?? first;
  const names = [...new Set([...first.blocks, ...last.blocks].map(({ name }) => name))];
  const find = (snapshot: Snapshot, name: string): RAMBlockRow | undefined =>
    snapshot.blocks.find((row) => row.name === name);
  const rows = names.map((name) => {
    const row = find(last, name) ?? find(first, name);
    let before: number | undefined;
    const used = snapshots.map((snapshot) => {
      const now = find(snapshot, name)?.used;
      const changed = snapshot !== first && now !== before;
      before = now;
      const text = now === undefined ? "gone" : hex(now);
      return changed ? colours.yellow(`${text} *`) : text;
    });
    return [name, hex(row?.offset ?? 0), ...used, hex(row?.max ?? 0)];
  });
  return table(["block", "offset", ...snapshots.map(({ name }) => `used ${name}`), "max"], rows, [1, 2, 3, 4, 5, 6]);
}

function notificationTable(timeline: readonly TimelineEntry[]): string[] {
  const rows = timeline.flatMap((entry) => {
    if (entry.kind !== "ram-block") return [];
    const { notice } = entry;
    return [
      [
        milliseconds(entry.time),
        notice.kind,
        notice.idstr === "" ? `(${notice.region})` : notice.idstr,
        change(notice),
        subscribers(notice),
      ],
    ];
  });
  return rows.length === 0 ? [] : table(["ms", "kind", "block", "change", "told"], rows, [0]);
}

export function change(notice: RAMBlockNotice): string {
  if (notice.from === undefined || notice.to === undefined)
    return `${hex(notice.usedLength)} of ${hex(notice.maxLength)}`;
  const show = (value: string | number): string =>
    typeof value === "number" ? hex(value) : value === "" ? "(none)" : value;
  return `${show(notice.from)} → ${show(notice.to)}`;
}

function subscribers(notice: RAMBlockNotice): string {
  return (
    notice.subscribers
      .map(({ name, error }) => (error === undefined ? name : colours.red(`${name}: ${error}`)))
      .join(", ") || "nobody"
  );
}

function migrationTable(timeline: readonly TimelineEntry[]): string[] {
  const rows = timeline.flatMap((entry) =>
    entry.kind === "migration" ? [[milliseconds(entry.time), `${entry.from} → ${entry.to}`, entry.reason ?? ""]] : [],
  );
  return rows.length === 0 ? [] : table(["ms", "state", "reason"], rows, [0]);
}

/** Snapshots and commands that worked are means, not claims. */
export function isClaim({ step, ok }: StepOutcome): boolean {
  return !ok || "expect" in step || "wait" in step;
}

export function verdict({ title, ok, observed }: StepOutcome): string {
  const mark = ok ? colours.green("  yes") : colours.red("   no");
  return `${mark}  ${title}${ok || observed === undefined ? "" : colours.dim(`  (observed: ${JSON.stringify(observed)})`)}`;
}
