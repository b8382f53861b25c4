import { BackplaneError, messageOf, type StateSection } from "backplane";
import type { ByteReader } from "../byte-reader.ts";
import type { LiveSection } from "../contract.ts";
import { descriptionOf, type Numbered, type SectionRegistry } from "../sections.ts";
import { StateFault } from "../state-fault.ts";
import { readState } from "../state-loader.ts";
import { COMMAND_SWITCHOVER_START, PART, STREAM_MAGIC, STREAM_VERSION } from "../stream-format.ts";
import { loadConfiguration } from "./configuration.ts";
import { LoadFailure } from "./load-failure.ts";
import type { StreamInput } from "./stream-input.ts";

type Known = Numbered<StateSection | LiveSection>;

/** Commands of a source, by number, that the peer names in its refusals. */
const COMMANDS: readonly (string | undefined)[] = [
  undefined,
  "OPEN_RETURN_PATH",
  "PING",
  "POSTCOPY_ADVISE",
  "POSTCOPY_LISTEN",
  "POSTCOPY_RUN",
];
const COMMAND_PING = 2;
const COMMAND_COUNT = 12;
const OLD_VERSION = 2;
const DESCRIPTION_PART = 4096;

/** Loads a stream into the machine that it was made for. Rejects with a `LoadFailure`; `complain` hears of less. */
export async function loadStream(
  input: StreamInput,
  machine: string,
  sections: SectionRegistry,
  complain: (text: string) => void,
): Promise<void> {
  await new StreamLoader(input, machine, sections, complain).load();
}

class StreamLoader {
  readonly #input: StreamInput;
  readonly #machine: string;
  readonly #registry: SectionRegistry;
  /** Sections that have begun, by the source's numbers. */
  readonly #begun = new Map<number, { readonly entry: Known; readonly version: number }>();

  readonly #complain: (text: string) => void;

  constructor(input: StreamInput, machine: string, registry: SectionRegistry, complain: (text: string) => void) {
    this.#complain = complain;
    this.#input = input;
    this.#machine = machine;
    this.#registry = registry;
  }

  async load(): Promise<void> {
    await this.#readHead();
    while (await this.#readPart());
    await this.#skipDescription();
  }

  async #readHead(): Promise<void> {
    const input = this.#input;
    // What is missing reads as zero.
    const word = async (): Promise<number> => ((await input.has(4)) ? input.u32() : 0);
    if ((await word()) !== STREAM_MAGIC) throw LoadFailure.of("Not a migration stream");
    const version = await word();
    if (version === OLD_VERSION) {
      throw LoadFailure.of("SaveVM v2 format is obsolete and don't work anymore", "EOPNOTSUPP");
    }
    if (version !== STREAM_VERSION) throw LoadFailure.of("Unsupported migration stream version", "EOPNOTSUPP");
    if (!(await input.has(1)) || input.u8() !== PART.configuration) {
      throw LoadFailure.of("Configuration section missing");
    }
    await this.#state((bytes) => loadConfiguration(bytes, this.#machine));
  }

  /** False at the end mark. */
  async #readPart(): Promise<boolean> {
    const input = this.#input;
    await input.need(1);
    const type = input.u8();
    switch (type) {
      case PART.eof:
        return false;
      case PART.command:
        await this.#readCommand();
        return true;
      case PART.sectionStart:
      case PART.sectionFull:
        await this.#beginSection();
        return true;
      case PART.sectionPart:
      case PART.sectionEnd:
        await this.#resumeSection();
        return true;
      default:
        throw LoadFailure.of(`Unknown savevm section type ${type}`);
    }
  }

  async #readCommand(): Promise<void> {
    const input = this.#input;
    await input.need(4);
    const command = input.u16();
    const length = input.u16();
    if (command === 0 || command >= COMMAND_COUNT) {
      throw LoadFailure.of(`MIG_CMD 0x${command.toString(16)} unknown (len 0x${length.toString(16)})`);
    }
    if (command === COMMAND_PING && length === 4) {
      await input.need(4);
      throw LoadFailure.of(`CMD_PING (0x${input.u32().toString(16)}) received with no return path`, "EPERM");
    }
    // Without a way back no other command makes sense.
    if (command !== COMMAND_SWITCHOVER_START) {
      throw LoadFailure.of(`CMD_${COMMANDS[command] ?? command} failed`, "EPERM");
    }
    if (length !== 0) {
      throw LoadFailure.of(`SWITCHOVER_START received with bad length - expecting 0, got ${length}`, "ERANGE");
    }
  }

  async #beginSection(): Promise<void> {
    const input = this.#input;
    await input.need(4);
    const id = input.u32();
    const idstr = await this.#name(id);
    if (!(await input.has(8))) {
      throw LoadFailure.of("qemu_loadvm_section_start_full: Failed to read instance/version ID: -5", "EIO");
    }
    const instanceId = input.u32();
    const version = input.u32();
    const entry = this.#registry.find(idstr, instanceId);
    if (entry === undefined) {
      throw LoadFailure.of(
        `Unknown savevm section or instance '${idstr}' ${instanceId}. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices`,
      );
    }
    if (version > entry.version) {
      throw LoadFailure.of(`savevm: unsupported version ${version | 0} for '${idstr}' v${entry.version}`);
    }
    this.#begun.set(id, { entry, version });
    await this.#loadSection(
      id,
      entry,
      version,
      `error while loading state for instance 0x${instanceId.toString(16)} of device '${idstr}'`,
    );
  }

  async #name(id: number): Promise<string> {
    const input = this.#input;
    if (await input.has(1)) {
      const length = input.u8();
      if (length > 0 && (await input.has(length))) return input.text(length);
    }
    throw LoadFailure.of(`Unable to read ID string for section ${id}`);
  }

  async #resumeSection(): Promise<void> {
    const input = this.#input;
    if (!(await input.has(4))) {
      throw LoadFailure.of("qemu_loadvm_section_part_end: Failed to read section ID: -5", "EIO");
    }
    const id = input.u32();
    const begun = this.#begun.get(id);
    if (begun === undefined) throw LoadFailure.of(`Unknown savevm section ${id | 0}`);
    const { entry, version } = begun;
    await this.#loadSection(id, entry, version, `error while loading state section id ${id | 0}(${entry.idstr})`);
  }

  async #loadSection(id: number, entry: Known, version: number, complaint: string): Promise<void> {
    try {
      await this.#loadContents(entry, version);
    } catch (failure) {
      throw asLoadFailure(failure).within(complaint);
    }
    await this.#checkFooter(id, entry.idstr);
  }

  async #loadContents({ section }: Known, version: number): Promise<void> {
    switch (section.kind) {
      case "live":
        if (section.load === undefined) throw LoadFailure.of(`${section.idstr} cannot be loaded`);
        return section.load(this.#input, version);
      case "device": {
        const description = await descriptionOf(section);
        return this.#state((bytes) => readState(bytes, description, section.state, version));
      }
      case "captured": {
        const description = await descriptionOf(section);
        const state = section.capture();
        await this.#state((bytes) => readState(bytes, description, state, version));
        return guarded(() => section.restore(state));
      }
    }
  }

  /** Reads a state as a whole, then assigns it. */
  async #state(read: (input: ByteReader) => (() => void)[]): Promise<void> {
    const assignments = await this.#input.whole(read, isShort).catch((failure: unknown) => {
      throw asLoadFailure(failure);
    });
    guarded(() => {
      for (const assign of assignments) assign();
    });
  }

  async #checkFooter(id: number, idstr: string): Promise<void> {
    const input = this.#input;
    if (!(await input.has(1))) throw LoadFailure.of("check_section_footer: Read section footer failed: -5");
    if (input.u8() !== PART.footer) throw LoadFailure.of(`Missing section footer for ${idstr}`);
    // What is missing reads as zero.
    const found = (await input.has(4)) ? input.u32() : 0;
    if (found === id) return;
    throw LoadFailure.of(
      `Mismatched section id in footer for ${idstr} - read 0x${found.toString(16)} expected 0x${id.toString(16)}`,
    );
  }

  /** The description is for whoever has no machine; it is taken off the source, which may wait for that. */
  async #skipDescription(): Promise<void> {
    const input = this.#input;
    const part = (await input.has(1)) ? input.u8() : 0;
    if (part !== PART.vmdescription) return this.#complain(`Expected vmdescription section, but got ${part}`);
    if (!(await input.has(4))) return undefined;
    for (let left = input.u32(); left > 0;) {
      const count = Math.min(left, DESCRIPTION_PART);
      // Everything that counts is loaded by now.
      if (!(await input.has(count))) return undefined;
      input.bytes(count);
      left -= count;
    }
    return undefined;
  }
}

/** A device that does not take what was read: the section is refused, in the device's words. */
function guarded(act: () => void): void {
  try {
    act();
  } catch (failure) {
    throw asLoadFailure(failure);
  }
}

/** More bytes may mend it. */
function isShort(failure: unknown): boolean {
  if (failure instanceof StateFault) return failure.isShort;
  return failure instanceof BackplaneError && failure.code === "STREAM_SHORT";
}

function asLoadFailure(failure: unknown): LoadFailure {
  if (failure instanceof LoadFailure) return failure;
  if (failure instanceof StateFault) return new LoadFailure(failure.lines, failure.errno);
  if (failure instanceof BackplaneError) return LoadFailure.of(messageOf(failure));
  throw failure;
}
