import type { ByteReader } from "./byte-reader.ts";
import { PART } from "./stream-format.ts";

/** The name of the subsection that comes next, not taken; undefined where none does. */
export function nextSubsection(input: ByteReader): string | undefined {
  if (input.peek() !== PART.subsection) return undefined;
  const ahead = input.ahead();
  ahead.u8();
  const length = ahead.peek();
  // The byte may as well be something else's: what follows a state is only known by what it turns out to be.
  if (length === undefined) return undefined;
  if (length + 1 > ahead.rest) {
    ahead.missing(length + 1);
    return undefined;
  }
  return ahead.text(ahead.u8());
}

/** Takes the head of a subsection that `nextSubsection` has named, and gives its version. */
export function takeSubsectionHead(input: ByteReader): number {
  input.u8();
  input.text(input.u8());
  return input.u32();
}
