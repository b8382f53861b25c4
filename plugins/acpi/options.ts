import * as v from "valibot";

const unsigned = (bits: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** bits - 1));

/** A table in a definition file. */
const table = v.strictObject({
  sig: v.exactOptional(v.string()),
  rev: v.exactOptional(unsigned(8)),
  oem_id: v.exactOptional(v.string()),
  oem_table_id: v.exactOptional(v.string()),
  oem_rev: v.exactOptional(unsigned(32)),
  asl_compiler_id: v.exactOptional(v.string()),
  asl_compiler_rev: v.exactOptional(unsigned(32)),
  /** Paths joined by `:`, whose joined contents begin with a header. */
  file: v.exactOptional(v.string()),
  /** The same without a header; one is made. */
  data: v.exactOptional(v.string()),
  /** Instead of `data`: so many zero bytes. */
  zeros: v.exactOptional(unsigned(16)),
});

/** A table as `-acpitable` gave it. */
const commandLineTable = v.strictObject({
  /** The option as it was written, for messages. */
  commandLine: v.string(),
  argument: v.string(),
});

export const acpiOptions = v.strictObject({
  /** Tables of the user's own, behind those of the machine. */
  tables: v.optional(v.array(v.union([table, commandLineTable])), []),
});
export type AcpiOptions = v.InferOutput<typeof acpiOptions>;
export type AcpiTableOption = AcpiOptions["tables"][number];
