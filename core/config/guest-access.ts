import * as v from "valibot";

const HEXADECIMAL = /^0x[0-9a-f]{1,16}$/i;

/** Beyond 2^53 a number of a file is not exact: text says all 64 bits. */
const value = v.union([
  v.pipe(v.number(), v.safeInteger('a whole number; beyond 2^53 as text: "0x…"'), v.minValue(0)),
  v.pipe(v.string(), v.regex(HEXADECIMAL, 'hexadecimal digits: "0x…"')),
]);
const address = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
/** The most that one step says. */
const MOST = 4096;
const values = v.union([value, v.pipe(v.array(value), v.minLength(1), v.maxLength(MOST))]);

function fits({ size, value: given }: { size: number; value: v.InferOutput<typeof values> }): boolean {
  const end = 1n << BigInt(8 * size);
  // What is no number is refused for that.
  const isNumber = (one: number | string): boolean => typeof one === "number" || HEXADECIMAL.test(one);
  return (Array.isArray(given) ? given : [given]).every((one) => !isNumber(one) || BigInt(one) < end);
}

const TOO_WIDE = "values that are no wider than `size`";

/**
 * An access of a processor: to memory, or to an I/O port. `size` in bytes, little-endian; several values stand one behind
 * the other.
 */
export const guestAccessSchema = v.union([
  v.pipe(
    v.strictObject({ address, size: v.optional(v.picklist([1, 2, 4, 8]), 4), value: values }),
    v.check((access) => fits(access), TOO_WIDE),
  ),
  v.pipe(
    v.strictObject({ port, size: v.optional(v.picklist([1, 2, 4]), 4), value: values }),
    v.check((access) => fits(access), TOO_WIDE),
  ),
]);
export type GuestAccess = v.InferOutput<typeof guestAccessSchema>;
