// PkgLength: ACPI 6.5 §20.2.4.

/** What fits into one, two, three and four bytes of PkgLength. */
const LIMITS = [0x3f, 0xfff, 0xfffff, 0xfffffff] as const;

function encode(length: number, bytes: number): string {
  if (bytes === 1) return String.fromCharCode(length);
  let code = String.fromCharCode(((bytes - 1) << 6) | (length & 0xf));
  for (let rest = length >>> 4, i = 1; i < bytes; i++, rest >>>= 8) code += String.fromCharCode(rest & 0xff);
  return code;
}

/** A length that does not count its own encoding, as in field lists (§20.2.5.2). */
export function plainLength(length: number): string {
  const index = LIMITS.findIndex((limit) => length <= limit);
  if (index === -1) throw new RangeError(`an AML length of ${length} cannot be encoded`);
  return encode(length, index + 1);
}

/** `content` with its length before it; that length counts itself. */
export function withLength(content: string): string {
  const index = LIMITS.findIndex((limit, i) => content.length + i + 1 <= limit);
  if (index === -1) throw new RangeError(`an AML package of ${content.length} bytes cannot be encoded`);
  return encode(content.length + index + 1, index + 1) + content;
}
