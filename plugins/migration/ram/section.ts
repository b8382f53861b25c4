import {
  byteLength,
  disposable,
  isZero,
  TARGET_PAGE_SIZE,
  type BlockAccess,
  type ByteLength,
  type DirtyMemory,
  type Disposable,
  type RAMBlock,
  type RAMList,
} from "backplane";
import {
  PAGE_FLAG,
  type LiveSection,
  type MigrationInput,
  type MigrationRound,
} from "backplane/plugins/migration/contract";
import { DirtyRate } from "./dirty-rate.ts";
import { RamLoader } from "./loader.ts";
import { TrackedBlock } from "./tracked-block.ts";

/**
 * A part ends after so many milliseconds, so that the bandwidth is measured often. The peer's does whatever it has sent
 * by then; here it first has to be worth its head, so that a small machine's stream does not depend on the host's speed.
 */
const PART_MS = 50;
const PART_BYTES = 1024 * 1024;
/** Pages between two looks at the clock. */
const PAGES_PER_LOOK = 64;

/**
 * The section `ram`: blocks by name and size, then their pages, again and again those that the guest wrote meanwhile.
 * A page is counted before its bytes are handed over, and its bytes after: what is stuck shows as in the peer.
 */
export class RamSection implements LiveSection {
  readonly kind = "live";
  readonly idstr = "ram";
  readonly version = 4;
  readonly #list: RAMList;
  readonly #memory: DirtyMemory;
  readonly #access: BlockAccess;
  #blocks: TrackedBlock[] = [];
  #logging: Disposable = disposable(() => undefined);
  #rate = new DirtyRate();
  /** Where the search for the next page goes on. */
  #position = { index: 0, page: 0 };
  #lastSent: TrackedBlock | undefined;
  readonly #page = new Uint8Array(TARGET_PAGE_SIZE);

  #loader: RamLoader | undefined;

  constructor(list: RAMList, memory: DirtyMemory, access: BlockAccess) {
    this.#list = list;
    this.#access = access;
    this.#memory = memory;
  }

  async setup(round: MigrationRound): Promise<void> {
    this.#blocks = this.#migratable().map((block) => new TrackedBlock(block));
    this.#rate = new DirtyRate();
    this.#restart();
    this.#logging = this.#memory.log("migration");
    this.#sync(round);
    const { output } = round;
    output.u64(this.total() + PAGE_FLAG.memSize);
    for (const { block } of this.#blocks) {
      writeName(output, block);
      output.u64(block.usedLength);
    }
    output.u64(PAGE_FLAG.eos);
    await output.flush();
  }

  pending(): number {
    let pages = 0;
    for (const block of this.#blocks) pages += block.remaining;
    return pages * TARGET_PAGE_SIZE;
  }

  pendingExact(round: MigrationRound): number {
    this.#sync(round);
    return this.pending();
  }

  async iterate(round: MigrationRound): Promise<void> {
    const { output } = round;
    const end = performance.now() + PART_MS;
    const worth = output.transferred + PART_BYTES;
    await this.#send(
      round,
      (sent) =>
        round.rateExceeded || (sent % PAGES_PER_LOOK === 0 && output.transferred > worth && performance.now() > end),
    );
    if (!round.isRunning) return;
    output.u64(PAGE_FLAG.eos);
    count(round, 8);
    await output.flush();
  }

  async complete(round: MigrationRound): Promise<void> {
    this.#sync(round);
    await this.#send(round, () => false);
    round.output.u64(PAGE_FLAG.eos);
    await round.output.flush();
  }

  cleanup(): void {
    void this.#logging.dispose();
    this.#blocks = [];
    this.#lastSent = undefined;
  }

  total(): ByteLength {
    return byteLength(this.#migratable().reduce((total, block) => total + block.usedLength, 0));
  }

  load(input: MigrationInput, version: number): Promise<void> {
    if (version !== this.version) throw input.fault();
    this.#loader ??= new RamLoader(this.#list, this.#access);
    return this.#loader.load(input);
  }

  /** The block is gone, or is not to be carried any more: what was not sent of it never will be. */
  forget(block: RAMBlock): void {
    if (!this.#blocks.some((tracked) => tracked.block === block)) return;
    this.#blocks = this.#blocks.filter((tracked) => tracked.block !== block);
    this.#restart();
  }

  #migratable(): RAMBlock[] {
    return this.#list.blocks().filter((block) => block.migratable);
  }

  #restart(): void {
    this.#position = { index: 0, page: 0 };
    this.#lastSent = undefined;
  }

  #sync(round: MigrationRound): void {
    const { counters } = round;
    counters.dirtySyncCount++;
    let found = 0;
    this.#memory.synchronize();
    for (const block of this.#blocks) found += block.sync(this.#memory);
    counters.dirtyBytesLastSync = this.pending();
    counters.dirtyPagesRate = this.#rate.add(found, performance.now()) ?? counters.dirtyPagesRate;
    round.passed();
  }

  /** Sends pages until there is none, the migration ends, or `enough` says so after a page. */
  async #send(round: MigrationRound, enough: (sent: number) => boolean): Promise<void> {
    for (let sent = 0; round.isRunning && !enough(sent); sent++) {
      const block = this.#seek();
      if (block === undefined) return;
      const bytes = this.#write(round, block, this.#position.page);
      if (round.output.full) await round.output.room();
      count(round, bytes);
      if (sent % PAGES_PER_LOOK === 0) {
        const pause = round.pause();
        if (pause !== undefined) await pause;
      }
    }
  }

  /** Moves to the next page that is to be sent, once around all blocks. */
  #seek(): TrackedBlock | undefined {
    const position = this.#position;
    for (let tried = 0; tried <= this.#blocks.length; tried++) {
      const block = this.#blocks[position.index];
      if (block === undefined) return undefined;
      position.page = block.next(position.page);
      if (position.page < block.pages) return block;
      position.index = (position.index + 1) % this.#blocks.length;
      position.page = 0;
    }
    return undefined;
  }

  /** Returns how many bytes of the stream the page takes. */
  #write({ output, counters, zeroPageDetection }: MigrationRound, block: TrackedBlock, page: number): number {
    block.take(page);
    const offset = page * TARGET_PAGE_SIZE;
    if (this.#isZero(block, offset, zeroPageDetection !== "none")) {
      counters.duplicate++;
      const head = this.#head(output, block, offset + PAGE_FLAG.zero);
      output.u8(0);
      return head + 1;
    }
    counters.normal++;
    const head = this.#head(output, block, offset + PAGE_FLAG.page);
    output.page(this.#page);
    return head + TARGET_PAGE_SIZE;
  }

  /** Where it is not, the page's bytes are at hand. */
  #isZero(block: TrackedBlock, offset: number, detect: boolean): boolean {
    const { host } = block.block;
    if (detect && host.isKnownZero(offset, TARGET_PAGE_SIZE)) return true;
    host.read(offset, this.#page);
    return detect && isZero(this.#page);
  }

  #head(output: MigrationRound["output"], block: TrackedBlock, offsetAndFlags: number): number {
    if (block === this.#lastSent) {
      output.u64(offsetAndFlags + PAGE_FLAG.continue);
      return 8;
    }
    this.#lastSent = block;
    output.u64(offsetAndFlags);
    return 8 + writeName(output, block.block);
  }
}

/** The name that the block has now. */
function writeName(output: MigrationRound["output"], { idstr }: RAMBlock): number {
  const name = Buffer.from(idstr, "latin1");
  output.u8(name.length);
  output.bytes(name);
  return 1 + name.length;
}

function count({ counters, guestRuns }: MigrationRound, bytes: number): void {
  if (guestRuns) counters.precopyBytes += bytes;
  else counters.downtimeBytes += bytes;
}
