import { ChunkedMemory, ZERO_CHUNK } from "./chunked-memory.ts";

/** Memory of this process alone. What was never written is zero and costs nothing. */
export class AnonymousMemory extends ChunkedMemory {
  protected override fault(): Uint8Array {
    return ZERO_CHUNK;
  }

  protected override readAbsent(_offset: number, into: Uint8Array): void {
    into.fill(0);
  }

  protected override nextAbsentUnknown(_from: number, to: number): number {
    return to;
  }

  protected override makeZero(index: number): void {
    this.chunks.delete(index);
  }
}
