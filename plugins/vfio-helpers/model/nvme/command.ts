import { SQ_ENTRY, STATUS } from "../../nvm-express.ts";

/** A submission queue entry (NVM Express 1.4 §4.2). */
export class Command {
  readonly bytes = new Uint8Array(SQ_ENTRY);
  readonly #view = new DataView(this.bytes.buffer);
  /** Where it came from. */
  readonly queue: number;

  constructor(queue: number) {
    this.queue = queue;
  }

  get opcode(): number {
    return this.#view.getUint8(0);
  }
  /** Two bits each: fused operation, and PRPs or SGLs. Both have to be 0 here. */
  get flags(): number {
    return this.#view.getUint8(1);
  }
  get id(): number {
    return this.#view.getUint16(2, true);
  }
  get namespace(): number {
    return this.#view.getUint32(4, true);
  }
  get prp1(): number {
    return this.wide(6);
  }
  get prp2(): number {
    return this.wide(8);
  }

  /** Command Dword `index`, 0 to 15. */
  dword(index: number): number {
    return this.#view.getUint32(4 * index, true);
  }

  /** Two of them as one number; what no address or block can be is inexact. */
  wide(index: number): number {
    return this.dword(index) + this.dword(index + 1) * 2 ** 32;
  }
}

/** How a command went: status, and Dword 0 of its completion. */
export interface Completion {
  readonly status: number;
  readonly result?: number;
}

export const SUCCESS: Completion = { status: STATUS.success };
