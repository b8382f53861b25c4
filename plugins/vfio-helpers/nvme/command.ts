// Submission queue entries as a driver writes them (NVM Express 1.4 §4.2).
import { SQ_ENTRY, STATUS, STATUS_MASK } from "../nvm-express.ts";

export interface CommandFields {
  readonly opcode: number;
  readonly namespace?: number;
  readonly prp1?: number;
  readonly prp2?: number;
  readonly dword10?: number;
  readonly dword11?: number;
  readonly dword12?: number;
}

/** Writes them into an entry that is used again and again. */
export class CommandWriter {
  readonly bytes = new Uint8Array(SQ_ENTRY);
  readonly #view = new DataView(this.bytes.buffer);

  fill(id: number, fields: CommandFields): void {
    const view = this.#view;
    this.bytes.fill(0);
    view.setUint8(0, fields.opcode);
    view.setUint16(2, id, true);
    view.setUint32(4, fields.namespace ?? 0, true);
    this.#setWide(24, fields.prp1 ?? 0);
    this.#setWide(32, fields.prp2 ?? 0);
    view.setUint32(40, fields.dword10 ?? 0, true);
    view.setUint32(44, fields.dword11 ?? 0, true);
    view.setUint32(48, fields.dword12 ?? 0, true);
  }

  #setWide(offset: number, value: number): void {
    this.#view.setUint32(offset, value % 2 ** 32, true);
    this.#view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  }
}

/** The errno that a request ends with whose command ended with this status; undefined for success. */
export function faultOf(status: number): string | undefined {
  switch (status & STATUS_MASK) {
    case STATUS.success:
      return undefined;
    case STATUS.invalidOpcode:
      return "ENOSYS";
    case STATUS.invalidField:
      return "EINVAL";
    default:
      return "EIO";
  }
}
