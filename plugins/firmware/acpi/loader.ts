// The firmware's side of QEMU's table loader (docs of the commands: backplane/plugins/acpi, SeaBIOS src/fw/romfile_loader.h).
import {
  decodeLoaderScript,
  patchChecksum,
  patchPointer,
  type LoaderCommand,
  type LoaderEntry,
} from "backplane/plugins/acpi/contract";
import type { BootContext } from "../boot-context.ts";
import { view } from "../bytes.ts";
import type { CachedFile } from "../fw-cfg-client.ts";
import type { Steps } from "../steps.ts";

type Command<K extends LoaderCommand["kind"]> = Extract<LoaderCommand, { kind: K }>;

/** A file that the script has loaded. Its bytes are worked on here and written through, so memory is always up to date. */
interface LoadedFile {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Commands in one slice of the guest's time. */
const COMMANDS_PER_STEP = 4;
/** A script beyond this is refused: 8192 commands. */
const MAX_SCRIPT = 1024 * 1024;

/**
 * Reads the script and carries it out. Commands that cannot be carried out are reported and passed over. Returns why the
 * script as a whole was refused.
 */
export function* runLoaderScript(context: BootContext, file: CachedFile): Steps<string | undefined> {
  if (file.size === 0 || file.size > MAX_SCRIPT) return `${file.name} has ${file.size} bytes`;
  const address = context.zones.temporary.allocate(file.size);
  if (address === undefined) return `no memory for ${file.name}`;
  if (!context.fwCfg.load(file, address)) return `${file.name} cannot be read`;
  const run = new ScriptRun(context);
  let count = 0;
  for (const entry of decodeLoaderScript(context.platform.read(address, file.size))) {
    run.carryOut(entry);
    if (++count % COMMANDS_PER_STEP === 0) yield undefined;
  }
  return undefined;
}

class ScriptRun {
  readonly #context: BootContext;
  readonly #loaded = new Map<string, LoadedFile>();

  constructor(context: BootContext) {
    this.#context = context;
  }

  carryOut(entry: LoaderEntry): void {
    const problem = this.#problem(entry);
    if (problem !== undefined) this.#context.reporter.rejected(describe(entry), problem);
  }

  #problem(entry: LoaderEntry): string | undefined {
    switch (entry.kind) {
      case "allocate":
        return this.#allocate(entry);
      case "add-pointer":
        return this.#addPointer(entry);
      case "add-checksum":
        return this.#addChecksum(entry);
      case "write-pointer":
        return this.#writePointer(entry);
      case "malformed":
        break;
    }
    return entry.reason;
  }

  /** As many bytes as the directory said early in the boot: a file that has grown since is cut off. */
  #allocate({ file: name, alignment, zone }: Command<"allocate">): string | undefined {
    const { fwCfg, platform, zones } = this.#context;
    const file = fwCfg.file(name);
    if (file === undefined) return "no such file";
    if (this.#loaded.has(name)) return "loaded already";
    const target = zone === "fseg" ? zones.fSegment : zones.high;
    const address = target.allocate(file.size, alignment);
    if (address === undefined) return `no room for ${file.size} bytes`;
    if (!fwCfg.load(file, address)) return "the device refused to be read";
    this.#loaded.set(name, { address, bytes: platform.read(address, file.size) });
    return undefined;
  }

  #addPointer(command: Command<"add-pointer">): string | undefined {
    const [file, source] = [this.#loaded.get(command.file), this.#loaded.get(command.source)];
    if (file === undefined || source === undefined) return "names a file that is not loaded";
    if (!patchPointer(file.bytes, command, source.address))
      return `the pointer lies outside of ${file.bytes.length} bytes`;
    this.#writeBack(file, command.offset, command.size);
    return undefined;
  }

  #addChecksum(command: Command<"add-checksum">): string | undefined {
    const file = this.#loaded.get(command.file);
    if (file === undefined) return "names a file that is not loaded";
    if (!patchChecksum(file.bytes, command)) return `the range lies outside of ${file.bytes.length} bytes`;
    this.#writeBack(file, command.offset, 1);
    return undefined;
  }

  #writePointer({
    file: name,
    source: sourceName,
    offset,
    sourceOffset,
    size,
  }: Command<"write-pointer">): string | undefined {
    const { fwCfg } = this.#context;
    const source = this.#loaded.get(sourceName);
    const file = fwCfg.file(name);
    if (source === undefined || file === undefined) return "names a file that is not there";
    if (offset + size > file.size || sourceOffset >= source.bytes.length) return "lies outside of its files";
    if (!fwCfg.canWrite) return "the device cannot be written";
    const pointer = Buffer.alloc(8);
    pointer.writeBigUInt64LE(BigInt(source.address + sourceOffset));
    return fwCfg.write(file, offset, view(pointer).subarray(0, size)) ? undefined : "the device refused to be written";
  }

  #writeBack({ address, bytes }: LoadedFile, offset: number, length: number): void {
    this.#context.platform.write(address + offset, bytes.subarray(offset, offset + length));
  }
}

function describe(entry: LoaderEntry): string {
  switch (entry.kind) {
    case "allocate":
      return `allocate ${entry.file}`;
    case "add-pointer":
      return `add-pointer ${entry.file}+0x${entry.offset.toString(16)} to ${entry.source}`;
    case "add-checksum":
      return `add-checksum ${entry.file}+0x${entry.offset.toString(16)}`;
    case "write-pointer":
      return `write-pointer ${entry.file}+0x${entry.offset.toString(16)} to ${entry.source}`;
    case "malformed":
      break;
  }
  return `command ${entry.code}`;
}
