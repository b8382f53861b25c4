import type { Logger, RAMBlock, RAMBlockNotifier, RAMBlockResize } from "backplane";
import { FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";

const BLOCK_PREFIX = "/rom@";

/**
 * Watches for a guest that reads a file in the size that the directory had when it read that, not in the one that the
 * file has grown to since: SeaBIOS keeps a copy of the directory from its start, and a select rebuilds the tables later.
 */
export class OutgrownFiles implements RAMBlockNotifier {
  readonly name = "acpi/fw-cfg";
  readonly #log: Logger;
  readonly #files: ReadonlySet<string>;
  #hasDirectory = false;
  /** By file: how much of it the guest knows of, and how much there is. */
  readonly #outgrown = new Map<string, RAMBlockResize>();

  constructor(files: Iterable<string>, log: Logger) {
    this.#files = new Set(files);
    this.#log = log;
  }

  ramBlockResized({ idstr }: RAMBlock, { from, to }: RAMBlockResize): void {
    if (!this.#hasDirectory || !idstr.startsWith(BLOCK_PREFIX)) return;
    const file = idstr.slice(BLOCK_PREFIX.length);
    if (this.#files.has(file)) this.#outgrown.set(file, { from: this.#outgrown.get(file)?.from ?? from, to });
  }

  /** The guest selected an item, and will read it. */
  selected(key: number, file: string | undefined): void {
    if (key === FW_CFG_KEYS.directory) {
      this.#hasDirectory = true;
      this.#outgrown.clear();
      return;
    }
    const size = file === undefined ? undefined : this.#outgrown.get(file);
    if (file === undefined || size === undefined) return;
    this.#outgrown.delete(file);
    const details = { file, known: size.from, length: size.to };
    this.#log.warn(
      `the guest reads ${file} but learnt its size before it grew: it knows of 0x${size.from.toString(16)} of 0x${size.to.toString(16)} bytes`,
      details,
    );
  }

  /** The guest starts anew, and reads the directory anew. */
  reset(): void {
    this.#hasDirectory = false;
    this.#outgrown.clear();
  }
}
