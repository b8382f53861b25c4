// The seed's machine from exec to exit, by its own quit command: us and the peer in alternation.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { median, type BenchRow } from "./row.ts";

const PEER = "qemu-system-x86_64";
const ROUNDS = 21;

function sparse(file: string, size: number): void {
  writeFileSync(file, "");
  truncateSync(file, size);
}

function seedArguments(folder: string): string[] {
  const file = (name: string, size: number): string => {
    sparse(path.join(folder, name), size);
    return path.join(folder, name);
  };
  return [
    "-S",
    "-machine",
    "q35,nvdimm=on,accel=tcg",
    "-smp",
    "1",
    "-cpu",
    "max",
    "-m",
    "size=20G,slots=8,maxmem=22G",
    "-object",
    `memory-backend-file,id=mem0,mem-path=${file("nvdimm", 256 * 1024 * 1024)},size=256M`,
    "-device",
    "nvdimm,label-size=131072,memdev=mem0,id=nvdimm0,slot=1",
    "-nodefaults",
    "-qmp",
    "stdio",
    "-serial",
    "none",
    "-device",
    "vmgenid",
    "-device",
    "intel-iommu",
    "-acpitable",
    `sig=FI1A,data=${file("fill1", 65_000)}`,
    "-acpitable",
    `sig=FI2A,data=${file("fill2", 50_600)}`,
    "-display",
    "none",
  ];
}

/** Milliseconds of one whole process that is told to quit as soon as it listens. */
function once(program: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const start = process.hrtime.bigint();
  const run = spawnSync(program, args, {
    input: '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n',
    env,
    timeout: 30_000,
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${program} ended with ${run.status ?? run.signal}: ${run.stderr.toString()}`);
  return milliseconds;
}

export function bench(): readonly BenchRow[] {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const root = process.env["BACKPLANE_ROOT"] ?? process.cwd();
  const ours = path.join(root, "bin/backplane-system-x86_64");
  const hasPeer = spawnSync(PEER, ["--version"]).error === undefined;
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-bench-"));
  try {
    const args = seedArguments(folder);
    const rounds = Array.from({ length: ROUNDS }, () => ({
      ours: once(ours, args, env),
      peer: hasPeer ? once(PEER, args, env) : Number.NaN,
      node: once(process.execPath, ["-e", "0"], env),
    }));
    const of = (pick: (round: (typeof rounds)[number]) => number): number => median(rounds.slice(1).map(pick));
    const mine = of((round) => round.ours);
    return [
      ...(hasPeer
        ? [
            {
              name: "seed's machine, start to quit",
              against: "the peer",
              ours: mine,
              baseline: of((round) => round.peer),
              unit: "ms",
              aim: 1,
            },
          ]
        : []),
      {
        name: "seed's machine, start to quit",
        against: "node -e 0",
        ours: mine,
        baseline: of((round) => round.node),
        unit: "ms",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
