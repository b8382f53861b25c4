import Table from "cli-table3";
import colours from "picocolors";
import { formatSize, type Machine, type RAMBlockNotice } from "backplane";
import { TIMELINE, type TimelineEntry } from "backplane/plugins/timeline/contract";
import type { RAMBlockRow } from "./ram-block-rows.ts";
import type { Snapshot, StepOutcome } from "./scenario.ts";

/** A run, as data: what `--json` prints and what the text is made of. */
export interface RunReport {
  readonly definition: string;
  readonly description: string | undefined;
  readonly machine: { readonly type: string; readonly memory: number; readonly devices: readonly string[] };
  readonly ramBlocks: readonly Snapshot[];
  readonly timeline: readonly TimelineEntry[];
  readonly steps: readonly StepOutcome[];
  readonly observed: boolean;
}

export function makeReport(
  machine: Machine,
  about: { readonly file: string; readonly description: string | undefined },
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
    "",
    ...section("RAM blocks", ramBlockTable(report.ramBlocks)),
    ...section("Notifications", notificationTable(report.timeline)),
    ...section("Migration", migrationTable(report.timeline)),
    ...section("Verdict", report.steps.filter(isClaim).map(verdict)),
    report.observed ? colours.green("All of it was observed.") : colours.red("Not all of it was observed."),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [colours.bold(title), ...lines, ""];
}

const PLAIN = {
  chars: {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: " ",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  },
  style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
};

function table(head: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const made = new Table({ ...PLAIN, colAligns: head.map((_, column) => (right.includes(column) ? "right" : "left")) });
  made.push(head.map((text) => colours.dim(text)));
  for (const row of rows) made.push([...row]);
  return made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const milliseconds = (time: number): string => (time / 1e6).toFixed(3);

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
        notice.idstr === "" ? "(no name yet)" : notice.idstr,
        change(notice),
        subscribers(notice),
      ],
    ];
  });
  return rows.length === 0 ? [] : table(["ms", "kind", "block", "change", "told"], rows, [0]);
}

function change(notice: RAMBlockNotice): string {
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
function isClaim({ step, ok }: StepOutcome): boolean {
  return !ok || "expect" in step || "wait" in step;
}

function verdict({ title, ok, observed }: StepOutcome): string {
  const mark = ok ? colours.green("  yes") : colours.red("   no");
  return `${mark}  ${title}${ok || observed === undefined ? "" : colours.dim(`  (observed: ${JSON.stringify(observed)})`)}`;
}
