// Commands of the NVM command set (NVM Express 1.4 §6) on one namespace, with their memory mapped and listed.
import type { Logger } from "backplane";
import type { BlockFault } from "backplane/plugins/block/contract";
import { dmaFault } from "../helpers/dma.ts";
import { DSM_DEALLOCATE, NVM } from "../nvm-express.ts";
import type { CommandFields } from "./command.ts";
import type { ControllerLink } from "./controller-link.ts";
import type { DriverMemory } from "./driver-memory.ts";
import { TransferMaps, type MemoryStretch } from "./transfer-maps.ts";

const PRP_ENTRY = 8;

export class NamespaceCommands {
  /** Commands that ended with an error. */
  errors = 0;
  readonly #link: ControllerLink;
  readonly #maps: TransferMaps;

  constructor(link: ControllerLink, log: Logger) {
    this.#link = link;
    this.#maps = new TransferMaps(link.device.dma, log);
  }

  /** Moves whole blocks between the medium and whole pages of memory. */
  transfer(
    opcode: typeof NVM.read | typeof NVM.write,
    start: number,
    length: number,
    stretches: readonly MemoryStretch[],
    flags: number,
  ): Promise<BlockFault> {
    return this.#onMemory(stretches, this.#onBlocks(opcode, start, length, flags));
  }

  writeZeroes(start: number, length: number, flags: number): Promise<BlockFault> {
    return this.#run(this.#onBlocks(NVM.writeZeroes, start, length, flags));
  }

  /** One range, which stands in a page of memory (§6.7). */
  deallocate(start: number, length: number, { memory, host }: DriverMemory): Promise<BlockFault> {
    const { facts, pageSize } = this.#link;
    const block = start / facts.blockSize;
    memory.fill(0, pageSize, 0);
    memory.writeUint(4, 4, length / facts.blockSize);
    memory.writeUint(8, 4, block % 2 ** 32);
    memory.writeUint(12, 4, Math.floor(block / 2 ** 32));
    const command = { opcode: NVM.datasetManagement, dword11: DSM_DEALLOCATE };
    return this.#onMemory([{ host, length: pageSize }], command);
  }

  flush(): Promise<BlockFault> {
    return this.#run({ opcode: NVM.flush });
  }

  #onBlocks(opcode: number, start: number, length: number, flags: number): CommandFields {
    const { blockSize } = this.#link.facts;
    const block = start / blockSize;
    return {
      opcode,
      dword10: block % 2 ** 32,
      dword11: Math.floor(block / 2 ** 32),
      // The number of blocks counts from zero.
      dword12: (length / blockSize - 1 + flags) >>> 0,
    };
  }

  async #onMemory(stretches: readonly MemoryStretch[], command: CommandFields): Promise<BlockFault> {
    const { io, pageSize } = this.#link;
    let iovas: number[];
    try {
      iovas = await this.#maps.map(stretches);
    } catch (failure) {
      return dmaFault(failure);
    }
    try {
      const slot = await io.acquire();
      const pages = stretches.flatMap(({ length }, index) =>
        Array.from({ length: length / pageSize }, (_, page) => (iovas[index] ?? 0) + page * pageSize),
      );
      // The first page stands in the command; the list begins behind its place.
      for (let index = 1; index < pages.length; index++) {
        const page = pages[index] ?? 0;
        io.lists.memory.writeUint(slot.listOffset + index * PRP_ENTRY, 4, page % 2 ** 32);
        io.lists.memory.writeUint(slot.listOffset + index * PRP_ENTRY + 4, 4, Math.floor(page / 2 ** 32));
      }
      const [prp1 = 0, second = 0] = pages;
      const prp2 = pages.length > 2 ? slot.listIova + PRP_ENTRY : second;
      return await this.#submit(slot, { ...command, prp1, prp2 });
    } finally {
      this.#maps.done();
    }
  }

  async #run(command: CommandFields): Promise<BlockFault> {
    return this.#submit(await this.#link.io.acquire(), command);
  }

  async #submit(slot: Parameters<ControllerLink["run"]>[0], command: CommandFields): Promise<BlockFault> {
    const fault = await this.#link.run(slot, { ...command, namespace: this.#link.facts.id >>> 0 });
    if (fault !== undefined) this.errors++;
    return fault;
  }
}
