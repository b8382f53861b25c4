// The memory from which the card gets its address and settings: 82574 Datasheet §6.1 (map), §10.2.2.4 and §10.2.3.4
// (access).
import { R } from "./registers.ts";

const WORDS = 64;
const CHECKSUM_AT = 0x3f;
/** §6.1.2.7: all words add up to this. */
const SUM = 0xbaba;
const START = 0x1;
const DONE = 0x2;
const DEVICE_ID_AT = [0x0b, 0x0d] as const;

/** Table 6-1 with the values of a card without management; address, device and checksum are filled in. */
const TEMPLATE =
  "000000000000 0420 f746 2010 ffff ffff 0000 0000 026b 0000 8086 0000 0000 8058" +
  "0000 2001 7e7c ffff 1000 00c8 0000 2704 6cc9 3150 070e 460b 2d84 0100 f000 0706" +
  "6000 0080 0f04 7fff 4f01 c600 0000 20ff 0028 0003 0000 0000 0000 0003 0000 ffff" +
  "0100 c000 121c c007 ffff ffff ffff ffff ffff ffff ffff ffff 0000 0120 ffff 0000";

export class Nvm {
  readonly #words: Uint16Array;

  constructor(address: Iterable<number>, deviceId: number) {
    const digits = TEMPLATE.replaceAll(" ", "");
    const words = Uint16Array.from({ length: WORDS }, (_, index) =>
      Number.parseInt(digits.slice(4 * index, 4 * index + 4), 16),
    );
    for (const [index, byte] of [...address].entries()) {
      words[index >> 1] = (words[index >> 1] ?? 0) | (byte << (8 * (index & 1)));
    }
    for (const at of DEVICE_ID_AT) words[at] = deviceId;
    words[CHECKSUM_AT] = SUM - words.subarray(0, CHECKSUM_AT).reduce((sum, word) => sum + word, 0);
    this.#words = words;
  }

  captureState(): Uint16Array {
    return this.#words.slice();
  }

  restoreState(words: Uint16Array): void {
    this.#words.set(words);
  }

  read(registers: Uint32Array, value: number): void {
    this.#access(registers, value, undefined);
  }

  write(registers: Uint32Array, value: number): void {
    this.#access(registers, value, value >>> 16);
  }

  /** Both registers answer in EERD. */
  #access(registers: Uint32Array, value: number, data: number | undefined): void {
    const address = (value >>> 2) & 0x3fff;
    const isDone = address < WORDS && (value & START) !== 0;
    if (isDone && data !== undefined) this.#words[address] = data;
    const shown = data ?? (isDone ? (this.#words[address] ?? 0) : 0);
    registers[R.EERD] = (isDone ? DONE : 0) | (address << 2) | (shown << 16);
  }
}
