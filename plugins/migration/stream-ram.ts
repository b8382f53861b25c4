import { TARGET_PAGE_SIZE } from "backplane";
import type { ByteReader } from "./byte-reader.ts";
import { migrationErrors } from "./errors.ts";
import { PAGE_FLAG, PAGE_FLAGS_MASK } from "./stream-format.ts";

/** Stands for a page of zeros. */
const FILLED = 0;

/** The length of the longest block that is believed: its pages still have indices of an array. */
const LENGTH_MAX = 2 ** 43;

/** A block of the section `ram`. */
export class StreamBlock {
  readonly idstr: string;
  readonly usedLength: number;
  /** What was sent last of each page; `FILLED` stands for zeros. */
  readonly #pages: (Uint8Array | typeof FILLED)[] = [];
  sentZero = 0;
  sentPages = 0;
  /** How many different pages were sent. */
  pagesSeen = 0;

  constructor(idstr: string, usedLength: number) {
    this.idstr = idstr;
    this.usedLength = usedLength;
  }

  /** The contents of a page as the destination has it in the end; undefined when it was never sent. A view of the stream. */
  page(index: number): Uint8Array | undefined {
    const page = this.#pages[index];
    return page === FILLED ? new Uint8Array(TARGET_PAGE_SIZE) : page;
  }

  zero(offset: number): void {
    this.sentZero++;
    this.#put(offset, FILLED);
  }

  fill(offset: number, bytes: Uint8Array): void {
    this.sentPages++;
    this.#put(offset, bytes);
  }

  #put(offset: number, contents: Uint8Array | typeof FILLED): void {
    const index = offset / TARGET_PAGE_SIZE;
    if (this.#pages[index] === undefined) this.pagesSeen++;
    this.#pages[index] = contents;
  }
}

/** All that the parts of the section `ram` say. */
export class RamContents {
  readonly blocks: StreamBlock[] = [];
  /** Bytes of all blocks. */
  total = 0;
  #last: StreamBlock | undefined;

  block(idstr: string): StreamBlock | undefined {
    return this.blocks.find((block) => block.idstr === idstr);
  }

  /** One part, up to its end mark. */
  read(input: ByteReader): void {
    for (;;) {
      const at = input.offset;
      const word = input.length();
      const flags = word % (PAGE_FLAGS_MASK + 1);
      const offset = word - flags;
      switch (flags & ~PAGE_FLAG.continue) {
        case PAGE_FLAG.eos:
          return;
        case PAGE_FLAG.memSize:
          this.#readBlocks(input, at, offset);
          break;
        case PAGE_FLAG.zero: {
          const block = this.#blockOf(input, at, flags, offset);
          const value = input.u8();
          if (value === 0) block.zero(offset);
          else block.fill(offset, new Uint8Array(TARGET_PAGE_SIZE).fill(value));
          break;
        }
        case PAGE_FLAG.page:
          this.#blockOf(input, at, flags, offset).fill(offset, input.bytes(TARGET_PAGE_SIZE));
          break;
        default:
          throw migrationErrors.STREAM_MALFORMED(at, `page flags 0x${flags.toString(16)} are not supported`);
      }
    }
  }

  #readBlocks(input: ByteReader, at: number, total: number): void {
    if (this.blocks.length > 0) throw migrationErrors.STREAM_MALFORMED(at, "the blocks are listed a second time");
    this.total = total;
    for (let left = total; left > 0;) {
      const where = input.offset;
      const idstr = input.text(input.u8());
      const length = input.length();
      if (length === 0 || length > left || length > LENGTH_MAX || length % TARGET_PAGE_SIZE !== 0) {
        throw migrationErrors.STREAM_MALFORMED(where, `block '${idstr}' of ${length} bytes does not fit in ${left}`);
      }
      this.blocks.push(new StreamBlock(idstr, length));
      left -= length;
    }
  }

  #blockOf(input: ByteReader, at: number, flags: number, offset: number): StreamBlock {
    if ((flags & PAGE_FLAG.continue) === 0) {
      const idstr = input.text(input.u8());
      this.#last = this.block(idstr);
      if (this.#last === undefined) throw migrationErrors.STREAM_MALFORMED(at, `there is no block '${idstr}'`);
    }
    const block = this.#last;
    if (block === undefined) throw migrationErrors.STREAM_MALFORMED(at, "a page continues a block before there is one");
    if (offset >= block.usedLength) {
      throw migrationErrors.STREAM_MALFORMED(
        at,
        `offset 0x${offset.toString(16)} is outside of block '${block.idstr}'`,
      );
    }
    return block;
  }
}
