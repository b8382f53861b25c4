import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import type { StreamSkeleton } from "./stream.ts";
import type { CaseFile } from "./workspace.ts";

/** Any JSON value: what QMP answers with. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface FwCfgEntry {
  readonly name: string;
  readonly key: number;
  readonly size: number;
  /** The contents in base64, for small files that the tables' rebuild does not touch. */
  readonly data?: string;
}

/** A RAM block's contents: the first `used` bytes, compressed. */
export interface GoldenBlob {
  readonly used: number;
  readonly gzip: string;
}

export const BLOB_NAMES = ["etc/acpi/tables", "etc/acpi/rsdp", "etc/table-loader"] as const;
export type BlobName = (typeof BLOB_NAMES)[number];

/** machine-done: after start; selected: fw_cfg selected with no firmware run; firmware: SeaBIOS has finished. */
export const PHASES = ["machine-done", "selected", "firmware"] as const;
export type Phase = (typeof PHASES)[number];

export interface AcpiPhase {
  /** The text of x-query-ramblock with the host addresses masked (see `maskHostAddresses`). */
  readonly ramblocks: string;
  /** Empty when the machine has no ACPI. */
  readonly blobs: Partial<Record<BlobName, GoldenBlob>>;
  /** The reply of query-pci; not captured in the phase "selected", where it is that of "machine-done". */
  readonly pci?: Json;
}

export interface GuestTable {
  readonly address: number;
  readonly signature: string;
  readonly length: number;
  readonly sha256: string;
}

/**
 * What the firmware installed in guest memory, found from the RSDP. It need not be what the peer built: when the loader
 * script fails, SeaBIOS may install tables of its own.
 */
export interface GuestAcpi {
  readonly rsdp: { readonly address: number; readonly hex: string };
  readonly tables: readonly GuestTable[];
  /** Addresses that the RSDP, RSDT or FADT give and where there is no table. */
  readonly unreachable: readonly number[];
}

export interface AcpiGolden {
  readonly name: string;
  readonly peer: string;
  readonly args: readonly string[];
  readonly files: readonly CaseFile[];
  readonly fwCfg: readonly FwCfgEntry[];
  readonly phases: Partial<Record<Phase, AcpiPhase>>;
  /** null when the firmware left no RSDP. */
  readonly guest: GuestAcpi | null;
}

/** The outcome of a command line; the peer got `-S` and a monitor of the capture's own in front of `args`. */
export interface CliGolden {
  readonly name: string;
  readonly args: readonly string[];
  /** The machine came up, answered query-status, and was told to quit. */
  readonly started: boolean;
  /** -1 when a signal ended the peer. */
  readonly status: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Something sent (`send` with a newline behind it, or exactly the bytes `hex`) and every line that came before the next. */
export interface QmpExchange {
  readonly send?: string;
  readonly hex?: string;
  /** Without their CRLF; events in their place among the replies; masked by `maskQmp`. */
  readonly lines: readonly string[];
}

export interface QmpGolden {
  readonly name: string;
  readonly peer: string;
  readonly args: readonly string[];
  readonly files: readonly CaseFile[];
  readonly greeting: string;
  readonly exchanges: readonly QmpExchange[];
  /** The exit status; null when the peer was still running at the end, or when `signal` ended it. */
  readonly status: number | null;
  /** The peer crashed during the conversation. */
  readonly signal?: string;
  /** Members whose values were replaced because they differ from run to run. */
  readonly masked: readonly string[];
}

/** What a migration stream consists of; `loadMigrationStream` has the bytes where they were kept. */
export interface MigrationGolden extends StreamSkeleton {
  readonly name: string;
  readonly peer: string;
  readonly args: readonly string[];
}

/** What the peer says to streams that are not what they should be. */
export interface IncomingGolden {
  readonly peer: string;
  readonly args: readonly string[];
  readonly cases: readonly {
    readonly what: string;
    readonly lines: readonly string[];
    /** The process ends with it. */
    readonly ends: boolean;
  }[];
}

export function loadIncomingGolden(): IncomingGolden {
  return loadJson("migration", "incoming.json") as unknown as IncomingGolden;
}

/** From the first section of a device to the stream's end. */
export function loadMigrationDevices(name: string): Buffer {
  return gunzipSync(readFileSync(goldenPath("migration", `${name}.devices.bin.gz`)));
}

const HOST_ADDRESS = / 0x[0-9a-f]{16}( {2}r[ow])$/gm;

/** Replaces the HVA column, the only one that differs from run to run, by as many characters. */
export function maskHostAddresses(ramblocks: string): string {
  return ramblocks.replace(HOST_ADDRESS, " 0x????????????????$1");
}

// A bundle has moved away from its sources; run-ts says where they are.
const root = process.env["BACKPLANE_ROOT"] ?? path.resolve(import.meta.dirname, "../..");
export const GOLDENS = path.join(root, "test/goldens");

export function goldenPath(...parts: string[]): string {
  return path.join(GOLDENS, ...parts);
}

export function loadJson(...parts: string[]): Json {
  return JSON.parse(readFileSync(goldenPath(...parts), "utf8")) as Json;
}

function namesIn(folder: string): string[] {
  return readdirSync(goldenPath(folder))
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

/** The names of the captured ACPI cases, sorted, without those (`whole-…`) that a part of a machine cannot follow. */
export const acpiGoldenNames = (): string[] => namesIn("acpi").filter((name) => !name.startsWith("whole-"));

/** The names of the captured conversations, sorted. */
export const qmpGoldenNames = (): string[] => namesIn("qmp");

export function loadQmpGolden(name: string): QmpGolden {
  return loadJson("qmp", `${name}.json`) as unknown as QmpGolden;
}

export function loadAcpiGolden(name: string): AcpiGolden {
  return loadJson("acpi", `${name}.json`) as unknown as AcpiGolden;
}

/** The bytes of one blob in one phase; throws when the golden has none. */
export function goldenBlob(golden: AcpiGolden, phase: Phase, name: BlobName): Buffer {
  const blob = golden.phases[phase]?.blobs[name];
  if (!blob) throw new Error(`golden ${golden.name}: no ${name} in the phase ${phase}`);
  return gunzipSync(Buffer.from(blob.gzip, "base64"));
}

/** All captured command lines. */
export function loadCliGoldens(): CliGolden[] {
  return (loadJson("cli.json") as unknown as { cases: CliGolden[] }).cases;
}

export function loadMigrationGolden(name: string): MigrationGolden {
  return loadJson("migration", `${name}.json`) as unknown as MigrationGolden;
}

export function loadMigrationStream(name: string): Buffer {
  return gunzipSync(readFileSync(goldenPath("migration", `${name}.bin.gz`)));
}
