import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { AcpiCase } from "./cases/acpi-case.ts";
import { readDirectory, readFwCfg } from "./fw-cfg.ts";
import {
  type AcpiGolden,
  type AcpiPhase,
  BLOB_NAMES,
  type BlobName,
  type FwCfgEntry,
  type GoldenBlob,
  type GuestAcpi,
  maskHostAddresses,
} from "./golden.ts";
import { readGuestAcpi } from "./guest-acpi.ts";
import { Peer } from "./peer.ts";

const SMALL_FILE = 1024;
const POLL_MS = 40;
const IDLE_POLLS = 4;
const BOOT_LIMIT_MS = 20_000;

async function readBlobs(peer: Peer): Promise<Partial<Record<BlobName, GoldenBlob>>> {
  const blobs: Partial<Record<BlobName, GoldenBlob>> = {};
  for (const name of BLOB_NAMES) {
    const bytes = await peer.readBlock(`/rom@${name}`);
    if (bytes) blobs[name] = { used: bytes.length, gzip: gzipSync(bytes, { level: 9 }).toString("base64") };
  }
  return blobs;
}

async function readPhase(peer: Peer): Promise<AcpiPhase> {
  return { ramblocks: maskHostAddresses(await peer.ramBlockText()), blobs: await readBlobs(peer) };
}

async function readFiles(peer: Peer): Promise<FwCfgEntry[]> {
  const entries: FwCfgEntry[] = [];
  for (const entry of await readDirectory(peer)) {
    // The three blobs are captured whole elsewhere, and to select one of them is the next phase.
    const small = entry.size <= SMALL_FILE && !(BLOB_NAMES as readonly string[]).includes(entry.name);
    const data = small ? (await readFwCfg(peer, entry.key, entry.size)).toString("base64") : undefined;
    entries.push(data === undefined ? entry : { ...entry, data });
  }
  return entries;
}

/**
 * Runs the firmware until the boot processor halts for good. SeaBIOS spins while it works and halts only where it
 * waits for ever (no bootable device), so a processor found halted several times running has finished. A network boot
 * ROM never halts: then the limit ends the wait, long after the tables are in place.
 */
async function bootFirmware(peer: Peer, limit: number): Promise<void> {
  await peer.execute("cont");
  let idle = 0;
  for (const end = Date.now() + limit; idle < IDLE_POLLS && Date.now() < end;) {
    await sleep(POLL_MS);
    idle = (await peer.human("info registers")).includes("HLT=1") ? idle + 1 : 0;
  }
  await peer.execute("stop");
}

async function captureBare(test: AcpiCase): Promise<Pick<AcpiGolden, "fwCfg" | "phases">> {
  const peer = await Peer.start(test.args, test.files);
  try {
    const fwCfg = test.noFwCfg === true ? [] : await readFiles(peer);
    const done = { ...(await readPhase(peer)), pci: await peer.execute("query-pci") };
    const loader = fwCfg.find((entry) => entry.name === "etc/table-loader");
    if (!loader) return { fwCfg, phases: { "machine-done": done } };
    await readFwCfg(peer, loader.key, 1);
    return { fwCfg, phases: { "machine-done": done, selected: await readPhase(peer) } };
  } finally {
    await peer.close();
  }
}

async function captureBooted(test: AcpiCase): Promise<{ phase: AcpiPhase; guest: GuestAcpi | null }> {
  const peer = await Peer.start(test.args, test.files);
  try {
    await bootFirmware(peer, test.bootLimit ?? BOOT_LIMIT_MS);
    const phase = { ...(await readPhase(peer)), pci: await peer.execute("query-pci") };
    return { phase, guest: await readGuestAcpi(peer) };
  } finally {
    await peer.close();
  }
}

/** Captures one machine in its three phases. The firmware runs in a second peer: a select spends the rebuild. */
export async function captureAcpi(test: AcpiCase, version: string): Promise<AcpiGolden> {
  const bare = await captureBare(test);
  const booted = test.noFirmware === true ? undefined : await captureBooted(test);
  return {
    name: test.name,
    peer: version,
    args: test.args,
    files: test.files ?? [],
    fwCfg: bare.fwCfg,
    phases: booted ? { ...bare.phases, firmware: booted.phase } : bare.phases,
    guest: booted?.guest ?? null,
  };
}
