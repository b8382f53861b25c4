/** Whether the bytes are all zero. Reads eight at a time where the view's alignment allows. */
export function isZero(bytes: Uint8Array): boolean {
  const end = bytes.length;
  let at = 0;
  const lead = Math.min((8 - (bytes.byteOffset & 7)) & 7, end);
  for (; at < lead; at++) if (bytes[at] !== 0) return false;
  const words = (end - at) >>> 2;
  if (words >= 16) {
    const view = new Int32Array(bytes.buffer, bytes.byteOffset + at, words);
    let word = 0;
    // Eight words per turn, joined: one branch instead of eight.
    for (const last = words - 7; word < last; word += 8) {
      const joined =
        (view[word] ?? 0) |
        (view[word + 1] ?? 0) |
        (view[word + 2] ?? 0) |
        (view[word + 3] ?? 0) |
        (view[word + 4] ?? 0) |
        (view[word + 5] ?? 0) |
        (view[word + 6] ?? 0) |
        (view[word + 7] ?? 0);
      if (joined !== 0) return false;
    }
    at += word * 4;
  }
  for (; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
