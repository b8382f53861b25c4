import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { MigrationCase } from "./cases/migration.ts";
import type { Json, MigrationGolden } from "./golden.ts";
import { Peer } from "./peer.ts";
import { readSkeleton } from "./stream.ts";

const POLL_MS = 20;
const POLLS = 500;

async function migrateTo(peer: Peer, file: string): Promise<Buffer> {
  await peer.execute("migrate", { uri: `exec:cat > ${file}` });
  for (let i = 0; i < POLLS; i++) {
    const { status } = (await peer.execute("query-migrate")) as { [key: string]: Json };
    if (status === "failed") throw new Error("the migration failed");
    if (status === "completed") return readFileSync(file);
    await sleep(POLL_MS);
  }
  throw new Error("the migration did not end");
}

/** The peer closes its pipe before it calls the migration completed, so the file is whole by then. */
export async function captureMigration(
  test: MigrationCase,
  version: string,
): Promise<{ golden: MigrationGolden; stream: Buffer | undefined; devices: Buffer | undefined }> {
  const peer = await Peer.start(test.args);
  try {
    const stream = await migrateTo(peer, peer.workspace.file("stream"));
    const golden = { name: test.name, peer: version, args: test.args, ...readSkeleton(stream) };
    const first = golden.sections.find(({ kind }) => kind === "full")?.offset ?? 0;
    return {
      golden,
      stream: test.whole ? gzipSync(stream, { level: 9 }) : undefined,
      devices: test.whole ? undefined : gzipSync(stream.subarray(first), { level: 9 }),
    };
  } finally {
    await peer.close();
  }
}
