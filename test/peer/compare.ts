// One command line on both sides: how it ends, and if it starts a machine, everything that can be seen of it.
import { isDeepStrictEqual } from "node:util";
import { COMMANDS } from "backplane";
import { decodeLoaderScript } from "../../plugins/acpi/loader-script.ts";
import { runToEnd } from "../cli/system.ts";
import { type GoldenMachine, withGoldenMachine } from "../machines/golden-machine.ts";
import { captureAcpi } from "./capture-acpi.ts";
import { captureCli } from "./capture-cli.ts";
import { type AcpiGolden, BLOB_NAMES, goldenBlob, type Json, type Phase } from "./golden.ts";
import { readGuestAcpi } from "./guest-acpi.ts";
import { Peer } from "./peer.ts";
import { type CaseFile, Workspace } from "./workspace.ts";

export interface CommandLine {
  readonly args: readonly string[];
  readonly files: readonly CaseFile[];
}

export interface Discrepancy {
  readonly where: string;
  readonly peer: unknown;
  readonly ours: unknown;
}

export interface Comparison {
  readonly started: boolean;
  readonly discrepancies: readonly Discrepancy[];
}

const QUERIES = [
  "query-pci",
  "query-memory-devices",
  "query-memdev",
  "query-memory-size-summary",
  "query-uuid",
  "query-name",
  "query-vm-generation-id",
  "query-acpi-ospm-status",
  "query-hotpluggable-cpus",
];

class Report {
  readonly discrepancies: Discrepancy[] = [];

  compare(where: string, peer: unknown, ours: unknown): void {
    if (!isDeepStrictEqual(peer, ours)) this.discrepancies.push({ where, peer, ours });
  }
}

/** How a command line ends: status, and what it says. */
export async function compareOutcome({ args, files }: CommandLine): Promise<Comparison> {
  const report = new Report();
  const peer = await captureCli({ name: "", args }, files);
  const workspace = new Workspace(files);
  try {
    const ours = await runToEnd(args, workspace);
    for (const key of ["status", "started", "stdout", "stderr"] as const) report.compare(key, peer[key], ours[key]);
    return { started: peer.started && ours.started, discrepancies: report.discrepancies };
  } finally {
    workspace.remove();
  }
}

interface Table {
  readonly name: string;
  readonly at: number;
  readonly hex: string;
}

/** The tables one by one, so that a difference says in which of them it is. */
function tablesOf(blob: Buffer): Table[] {
  const tables: Table[] = [];
  for (let at = 0; at + 8 <= blob.length && blob[at] !== 0;) {
    const length = blob.readUInt32LE(at + 4);
    tables.push({ name: blob.toString("latin1", at, at + 4), at, hex: blob.toString("hex", at, at + length) });
    if (length === 0) break;
    at += length;
  }
  return tables;
}

function compareBlobs(report: Report, golden: AcpiGolden, phase: Phase, ours: GoldenMachine): void {
  for (const name of BLOB_NAMES) {
    const bytes = ours.blob(name);
    const mine = bytes === undefined ? undefined : Buffer.from(bytes);
    const expected = golden.phases[phase]?.blobs[name] === undefined ? undefined : goldenBlob(golden, phase, name);
    const where = `${phase} ${name}`;
    if (mine === undefined || expected === undefined) {
      report.compare(where, expected?.length, mine?.length);
      continue;
    }
    if (expected.equals(mine)) continue;
    const before = report.discrepancies.length;
    if (name === "etc/acpi/tables") compareTables(report, phase, tablesOf(expected), tablesOf(mine));
    if (name === "etc/table-loader") report.compare(where, decodeLoaderScript(expected), decodeLoaderScript(mine));
    if (report.discrepancies.length === before) report.compare(where, expected.length, mine.length);
    if (report.discrepancies.length === before) report.compare(where, expected.toString("hex"), mine.toString("hex"));
  }
}

function compareTables(report: Report, phase: Phase, peer: readonly Table[], ours: readonly Table[]): void {
  const names = (tables: readonly Table[]): string => tables.map(({ name }) => name).join(" ");
  report.compare(`${phase} tables`, names(peer), names(ours));
  for (const [index, table] of peer.entries()) {
    const mine = ours[index];
    if (mine?.name === table.name) report.compare(`${phase} ${table.name}`, table.hex, mine.hex);
  }
}

function compareFiles(report: Report, golden: AcpiGolden, ours: GoldenMachine): void {
  const entry = ({ name, key, size }: { name: string; key: number; size: number }): string => `${key} ${name} ${size}`;
  report.compare("fw_cfg directory", golden.fwCfg.map(entry), ours.fwCfg.directory().map(entry));
  for (const { name, key, size, data } of golden.fwCfg) {
    if (data === undefined || ours.fwCfg.file(name)?.key !== key) continue;
    ours.fwCfg.select(key);
    const hex = Buffer.from(data, "base64").toString("hex");
    report.compare(`fw_cfg ${name}`, hex, Buffer.from(ours.fwCfg.read(size)).toString("hex"));
  }
}

async function answersOfPeer({ args, files }: CommandLine): Promise<Map<string, Json>> {
  const peer = await Peer.start(args, files);
  try {
    const answers = new Map<string, Json>();
    for (const command of QUERIES) {
      answers.set(command, await peer.execute(command).catch((failure: unknown) => String(failure)));
    }
    return answers;
  } finally {
    await peer.close();
  }
}

async function answer({ machine }: GoldenMachine, name: string): Promise<Json> {
  const command = machine.service(COMMANDS).find(name);
  try {
    if (command === undefined) return `there is no ${name}`;
    const value = await command.run({}, { id: "test", onClose: () => ({ dispose: () => undefined }) });
    return JSON.parse(JSON.stringify(value)) as Json;
  } catch (failure) {
    const desc = failure instanceof Error ? failure.message : "";
    return `Error: ${name}: ${JSON.stringify({ class: "GenericError", desc })}`;
  }
}

/** Without a script that it can follow to its end, SeaBIOS makes tables of its own; the scripted firmware has none. */
function hasWholeScript({ phases }: AcpiGolden): boolean {
  const used = (phase: Phase): number | undefined => phases[phase]?.blobs["etc/table-loader"]?.used;
  const tables = (phase: Phase): number | undefined => phases[phase]?.blobs["etc/acpi/tables"]?.used;
  const isSteady = used("machine-done") === used("firmware") && tables("machine-done") === tables("firmware");
  return phases.selected !== undefined && isSteady;
}

/** A peer that dies of its own guest (it asserts on some topologies) is compared as far as it came. */
async function capture(commandLine: CommandLine): Promise<AcpiGolden> {
  try {
    return await captureAcpi({ name: "live", ...commandLine }, "live");
  } catch {
    return captureAcpi({ name: "live", ...commandLine, noFirmware: true }, "live");
  }
}

/** Everything that the goldens know of a machine that starts. */
export async function compareMachine(commandLine: CommandLine): Promise<readonly Discrepancy[]> {
  const report = new Report();
  const golden = await capture(commandLine);
  const answers = await answersOfPeer(commandLine);
  await withGoldenMachine(golden, async (ours) => {
    compareBlobs(report, golden, "machine-done", ours);
    report.compare("machine-done ramblocks", golden.phases["machine-done"]?.ramblocks, ours.ramBlocks());
    compareFiles(report, golden, ours);
    for (const [name, expected] of answers) report.compare(name, expected, await answer(ours, name));
    if (golden.phases.selected === undefined) return;
    ours.select("etc/table-loader");
    compareBlobs(report, golden, "selected", ours);
    report.compare("selected ramblocks", golden.phases.selected.ramblocks, ours.ramBlocks());
  });
  if (golden.phases.firmware === undefined) return report.discrepancies;
  await withGoldenMachine(golden, async (ours) => {
    await ours.boot();
    compareBlobs(report, golden, "firmware", ours);
    report.compare("firmware ramblocks", golden.phases.firmware?.ramblocks, ours.ramBlocks());
    report.compare("firmware query-pci", golden.phases.firmware?.pci, await ours.queryPci());
    if (hasWholeScript(golden)) report.compare("tables in guest memory", golden.guest, await readGuestAcpi(ours));
  });
  return report.discrepancies;
}
