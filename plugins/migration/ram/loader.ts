import { byteLength, messageOf, TARGET_PAGE_SIZE, type BlockAccess, type RAMBlock, type RAMList } from "backplane";
import { PAGE_FLAG, type MigrationInput } from "backplane/plugins/migration/contract";

/** What a page's first word holds beside its place. */
const FLAGS = TARGET_PAGE_SIZE - 1;
/** Pages between two looks at the clock. */
const PAGES_PER_LOOK = 64;

/** Puts the section `ram` of a stream into the machine's blocks. */
export class RamLoader {
  readonly #list: RAMList;
  readonly #access: BlockAccess;
  /** The block of the page before. */
  #latest: RAMBlock | undefined;
  #pages = 0;

  constructor(list: RAMList, access: BlockAccess) {
    this.#list = list;
    this.#access = access;
  }

  /** Reads one part, up to its end mark. */
  async load(input: MigrationInput): Promise<void> {
    for (;;) {
      const word = await this.#word(input);
      const flags = word % TARGET_PAGE_SIZE;
      const offset = word - flags;
      switch (flags & ~PAGE_FLAG.continue & FLAGS) {
        case PAGE_FLAG.memSize:
          await this.#readBlocks(input, offset);
          break;
        case PAGE_FLAG.zero:
          await this.#zero(input, await this.#blockAt(input, flags, offset), offset);
          break;
        case PAGE_FLAG.page:
          await this.#page(input, await this.#blockAt(input, flags, offset), offset);
          break;
        case PAGE_FLAG.eos:
          return;
        // Marks of transports that this one is not.
        case PAGE_FLAG.hook:
        case PAGE_FLAG.multifdFlush:
          break;
        case PAGE_FLAG.xbzrle:
          throw input.fault(
            `Failed to decompress XBZRLE page at ${offset.toString(16)}`,
            input.fault("Failed to load XBZRLE page - not supported"),
          );
        default:
          throw input.fault(`Unknown combination of migration flags: 0x${flags.toString(16)}`);
      }
      if (++this.#pages % PAGES_PER_LOOK === 0) {
        const pause = input.pause();
        if (pause !== undefined) await pause;
      }
    }
  }

  async #word(input: MigrationInput): Promise<number> {
    const missing = input.need(8);
    if (missing !== undefined) {
      await missing.catch((failure: unknown) => {
        throw input.fault("Getting RAM address failed", failure);
      });
    }
    return input.u64();
  }

  /** The stream's blocks must be the machine's, and those that can change their size do. */
  async #readBlocks(input: MigrationInput, total: number): Promise<void> {
    for (let left = total; left > 0;) {
      await input.need(1);
      const size = input.u8();
      await input.need(size + 8);
      const idstr = input.text(size);
      const length = input.u64();
      const block = this.#list.byIdstr(idstr);
      if (block === undefined) throw input.fault(`Unknown ramblock "${idstr}", cannot accept migration`);
      this.#fit(input, block, length);
      // A list that does not add up would go on for ever.
      if (length === 0 || length > left) throw input.fault(`ram: block '${idstr}' does not fit in what was announced`);
      left -= length;
    }
  }

  #fit(input: MigrationInput, block: RAMBlock, length: number): void {
    if (!block.migratable) throw input.fault(`block ${block.idstr} should not be migrated !`);
    if (length === block.usedLength) return;
    try {
      this.#list.resize(block, byteLength(length));
    } catch (failure) {
      throw input.fault(messageOf(failure));
    }
  }

  async #blockAt(input: MigrationInput, flags: number, offset: number): Promise<RAMBlock> {
    const block = (flags & PAGE_FLAG.continue) === 0 ? await this.#named(input, offset) : this.#latest;
    if (block === undefined) throw this.#illegal(input, offset, "Ack, bad migration stream!");
    this.#latest = block;
    if (offset + TARGET_PAGE_SIZE > block.usedLength) throw this.#illegal(input, offset);
    return block;
  }

  async #named(input: MigrationInput, offset: number): Promise<RAMBlock> {
    await input.need(1);
    const size = input.u8();
    await input.need(size);
    const idstr = input.text(size);
    const block = this.#list.byIdstr(idstr);
    if (block === undefined) throw this.#illegal(input, offset, `Can't find block ${idstr}`);
    if (!block.migratable) throw this.#illegal(input, offset, `block ${idstr} should not be migrated !`);
    return block;
  }

  #illegal(input: MigrationInput, offset: number, why?: string): Error {
    const place = `Illegal RAM offset ${offset.toString(16)}`;
    return why === undefined ? input.fault(place) : input.fault(place, input.fault(why));
  }

  async #zero(input: MigrationInput, block: RAMBlock, offset: number): Promise<void> {
    await input.need(1);
    const value = input.u8();
    if (value !== 0) throw input.fault(`Found a zero page with value ${value}`);
    if (!block.host.isKnownZero(offset, TARGET_PAGE_SIZE)) {
      this.#access.fill(block, offset, TARGET_PAGE_SIZE, 0);
    }
  }

  async #page(input: MigrationInput, block: RAMBlock, offset: number): Promise<void> {
    const missing = input.need(TARGET_PAGE_SIZE);
    if (missing !== undefined) await missing;
    this.#access.write(block, offset, input.bytes(TARGET_PAGE_SIZE));
  }
}
