// What a driver reads of Identify's data structures (NVM Express 1.4 §5.15.2).
import { ONCS } from "../nvm-express.ts";
import { nvmeFailure } from "./failure.ts";

const PRP_ENTRY = 8;
const MIN_BLOCK_SHIFT = 9;
const MAX_BLOCK_SHIFT = 12;
/** Buffers are as long as that. */
const LARGEST_TRANSFER = 16 * 1024 * 1024;

export interface ControllerIdentity {
  /** Bytes of one command: what the controller takes, and one page of PRPs lists. */
  readonly maxTransfer: number;
  readonly writeZeroes: boolean;
  readonly discard: boolean;
  readonly hasWriteCache: boolean;
}

/** Throws with the peer's text when the controller has no such namespace. */
export function readController(data: Uint8Array, namespace: number, pageSize: number): ControllerIdentity {
  const view = viewOf(data);
  if (view.getUint32(516, true) < namespace >>> 0) throw nvmeFailure("Invalid namespace");
  const mdts = view.getUint8(77);
  const oncs = view.getUint16(520, true);
  const listed = (pageSize / PRP_ENTRY) * pageSize;
  return {
    maxTransfer: Math.min(mdts === 0 ? listed : 2 ** mdts * pageSize, listed, LARGEST_TRANSFER),
    writeZeroes: (oncs & ONCS.writeZeroes) !== 0,
    discard: (oncs & ONCS.datasetManagement) !== 0,
    hasWriteCache: (view.getUint8(525) & 1) !== 0,
  };
}

/** Throws with the peer's texts for formats that are not served. */
export function readNamespace(
  data: Uint8Array,
  pageSize: number,
): { readonly blocks: number; readonly blockSize: number } {
  const view = viewOf(data);
  const format = 128 + 4 * (view.getUint8(26) & 0xf);
  const shift = view.getUint8(format + 2);
  if (view.getUint16(format, true) !== 0) throw nvmeFailure("Namespaces with metadata are not yet supported");
  if (shift < MIN_BLOCK_SHIFT || shift > MAX_BLOCK_SHIFT || 2 ** shift > pageSize) {
    throw nvmeFailure(`Namespace has unsupported block size (2^${shift})`);
  }
  return { blockSize: 2 ** shift, blocks: view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32 };
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
