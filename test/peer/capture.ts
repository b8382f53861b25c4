import { mkdirSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { captureAcpi } from "./capture-acpi.ts";
import { captureChipset } from "./capture-chipset.ts";
import { captureCli } from "./capture-cli.ts";
import { captureHmp } from "./capture-hmp.ts";
import { captureReadline } from "./capture-hmp-readline.ts";
import { captureIncoming } from "./capture-incoming.ts";
import { captureMigration } from "./capture-migration.ts";
import { captureQmp } from "./capture-qmp.ts";
import { captureQmpSchema } from "./capture-qmp-schema.ts";
import { captureRegisters } from "./capture-registers.ts";
import { acpiCases } from "./cases/acpi.ts";
import { cliCases } from "./cases/cli.ts";
import { migrationCases } from "./cases/migration.ts";
import { qmpCases } from "./cases/qmp.ts";
import { type CliGolden, goldenPath } from "./golden.ts";
import { peerVersion } from "./version.ts";

const version = peerVersion();
const args = process.argv.slice(2);
const check = args.includes("--check");
const [kind = "all", ...names] = args.filter((arg) => !arg.startsWith("--"));
let different = 0;

function keep(text: string | Buffer, ...parts: string[]): void {
  const file = goldenPath(...parts);
  const bytes = Buffer.from(text);
  const same = existsSync(file) && readFileSync(file).equals(bytes);
  if (!same) different++;
  console.log(`${same ? "same     " : "different"} ${parts.join("/")}`);
  if (same || check) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

const wanted = (name: string): boolean => names.length === 0 || names.includes(name);

async function captureAllAcpi(): Promise<void> {
  for (const test of acpiCases) {
    if (!wanted(test.name)) continue;
    try {
      keep(text(await captureAcpi(test, version)), "acpi", `${test.name}.json`);
    } catch (error) {
      different++;
      console.log(`failed    ${test.name}: ${String(error)}`);
    }
  }
}

async function captureAllQmp(): Promise<void> {
  for (const test of qmpCases) {
    if (wanted(test.name)) keep(text(await captureQmp(test, version)), "qmp", `${test.name}.json`);
  }
}

async function captureAllMigration(): Promise<void> {
  for (const test of migrationCases) {
    if (!wanted(test.name)) continue;
    const { golden, stream, devices } = await captureMigration(test, version);
    keep(text(golden), "migration", `${test.name}.json`);
    if (stream) keep(stream, "migration", `${test.name}.bin.gz`);
    if (devices) keep(devices, "migration", `${test.name}.devices.bin.gz`);
  }
}

async function captureAllIncoming(): Promise<void> {
  keep(text(await captureIncoming(version)), "migration", "incoming.json");
}

/** All command lines share one file, so a choice of cases only checks them. */
async function captureAllCli(): Promise<void> {
  const cases: CliGolden[] = [];
  for (const test of cliCases) cases.push(await captureCli(test));
  keep(text({ peer: version, cases }), "cli.json");
}

async function captureAllChipset(): Promise<void> {
  keep(text(await captureChipset(version)), "chipset.json");
}

async function captureAllReadline(): Promise<void> {
  keep(text(await captureReadline(version)), "hmp-readline.json");
}

async function captureAllHmp(): Promise<void> {
  keep(text(await captureHmp(version)), "hmp.json");
}

async function captureAllQmpSchema(): Promise<void> {
  keep(text(await captureQmpSchema(version)), "qmp-schema.json");
}

async function captureAllRegisters(): Promise<void> {
  keep(text(await captureRegisters(version)), "registers.json");
}

const kinds: Readonly<Record<string, () => Promise<void>>> = {
  acpi: captureAllAcpi,
  chipset: captureAllChipset,
  cli: captureAllCli,
  hmp: captureAllHmp,
  incoming: captureAllIncoming,
  "hmp-readline": captureAllReadline,
  qmp: captureAllQmp,
  "qmp-schema": captureAllQmpSchema,
  migration: captureAllMigration,
  registers: captureAllRegisters,
};

if (kind !== "all" && !(kind in kinds)) {
  console.error(`usage: npm run peer:capture -- [--check] [all|${Object.keys(kinds).join("|")}] [case…]`);
  process.exit(2);
}

for (const [name, capture] of Object.entries(kinds)) {
  if (kind === "all" || kind === name) await capture();
}
if (check && different > 0) process.exitCode = 1;
