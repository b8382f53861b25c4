import * as v from "valibot";

export const migrationRamOptions = v.strictObject({
  /**
   * What a change of migratable RAM blocks does to a running migration. `qemu-10.0`: a resize aborts it, everything else
   * goes unnoticed. `abort`: a removal, a new name and a change of `migratable` abort it as well.
   */
  unsupportedChange: v.optional(v.picklist(["abort", "qemu-10.0"]), "abort"),
});
export type UnsupportedChange = v.InferOutput<typeof migrationRamOptions>["unsupportedChange"];
