import { MiB } from "backplane";
import type { BootContext } from "../boot-context.ts";
import { view } from "../bytes.ts";
import { ITEM } from "../fw-cfg-client.ts";
import { E820_ENTRY_BYTES } from "../memory-map.ts";
import type { Steps } from "../steps.ts";

const MAX_E820_ENTRIES = 128;
const MAX_TABLES = 128;
const MIN_RAM = 2 * MiB;

/** Learns what the machine is from fw_cfg. Returns what makes a boot impossible. */
export function* probe(context: BootContext): Steps<string | undefined> {
  const { fwCfg } = context;
  if (!fwCfg.detect()) return "no fw_cfg device answers at port 0x510";
  yield undefined;
  readMemoryMap(context);
  if (context.memory.lowRamEnd < MIN_RAM) return "fw_cfg tells of less than 2 MiB of RAM";
  yield undefined;
  fwCfg.readItem(ITEM.numa, 8);
  context.maxCpus = readWord(context, ITEM.maxCpus);
  skipTables(context, ITEM.acpiTables);
  skipTables(context, ITEM.smbiosEntries);
  yield undefined;
  fwCfg.readDirectory();
  yield undefined;
  readWord(context, ITEM.nographic);
  fwCfg.readNumber("etc/boot-fail-wait");
  return undefined;
}

function readMemoryMap({ fwCfg, memory }: BootContext): void {
  const file = fwCfg.readDirectory("etc/e820");
  if (file === undefined) return;
  const entries = Math.min(Math.floor(file.size / E820_ENTRY_BYTES), MAX_E820_ENTRIES);
  for (let index = 0; index < entries; index++) {
    memory.addEntry(
      index === 0 ? fwCfg.readItem(file.key, E820_ENTRY_BYTES, file.name) : fwCfg.readMore(E820_ENTRY_BYTES),
    );
  }
}

function readWord({ fwCfg }: BootContext, key: number): number {
  return view(fwCfg.readItem(key, 2)).readUInt16LE(0);
}

/** The older way to hand tables over: a count, then each with its length. They are counted here and used by no one. */
function skipTables(context: BootContext, key: number): void {
  const count = Math.min(readWord(context, key), MAX_TABLES);
  for (let index = 0; index < count; index++) {
    context.fwCfg.skip(view(context.fwCfg.readMore(2)).readUInt16LE(0));
  }
}
