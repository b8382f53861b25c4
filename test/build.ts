// Runs once before all tests: some start the executables, which load the bundle.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const SOURCES = ["core", "plugins", "machines", "cli", "scripts", "bin", "test/kit"];

function newest(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const times = entries
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(path.join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(0, ...times);
}

function builtAt(): number {
  try {
    return statSync(path.join(root, "dist/backplane.cjs")).mtimeMs;
  } catch {
    return 0;
  }
}

/** Builds the bundle if a source is newer than it. */
export function setup(): void {
  const built = builtAt();
  if (SOURCES.every((folder) => newest(path.join(root, folder)) < built)) return;
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, "scripts/build.mjs")], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the bundle could not be built:\n${stderr}`);
}
