import type { FwCfgEntry } from "./golden.ts";
import type { Peer } from "./peer.ts";

const SELECTOR = 0x510;
const DATA = 0x511;
const DIRECTORY_KEY = 0x19;
const ENTRY_SIZE = 64;
const NAME_OFFSET = 8;

/** Reads `length` bytes of one fw_cfg item through the port interface, as a guest without DMA would. */
export async function readFwCfg(peer: Peer, key: number, length: number): Promise<Buffer> {
  const commands = [`outw 0x${SELECTOR.toString(16)} 0x${key.toString(16)}`];
  for (let i = 0; i < length; i++) commands.push(`inb 0x${DATA.toString(16)}`);
  const answers = await peer.qtest(commands);
  return Buffer.from(answers.slice(1).map((answer) => Number(answer.split(" ")[1])));
}

/** The directory of fw_cfg files. Reading it wakes no select callback. */
export async function readDirectory(peer: Peer): Promise<FwCfgEntry[]> {
  const count = (await readFwCfg(peer, DIRECTORY_KEY, 4)).readUInt32BE(0);
  const bytes = await readFwCfg(peer, DIRECTORY_KEY, 4 + count * ENTRY_SIZE);
  const entries: FwCfgEntry[] = [];
  for (let i = 0; i < count; i++) {
    const entry = bytes.subarray(4 + i * ENTRY_SIZE, 4 + (i + 1) * ENTRY_SIZE);
    const name = entry.subarray(NAME_OFFSET, entry.indexOf(0, NAME_OFFSET)).toString("latin1");
    entries.push({ name, key: entry.readUInt16BE(4), size: entry.readUInt32BE(0) });
  }
  return entries;
}
