/**
 * A builder for AML, the byte code of ACPI's definition blocks (ACPI 6.5 §20). The functions carry the names that ASL
 * has for them (§19), so that a table's source reads like its disassembly; `Text` and `Bytes` are ASL's String and
 * Buffer. In term arguments a number is an integer and a string is the name of an object.
 */
export * from "./address-spaces.ts";
export {
  Bytes,
  DWord,
  EisaId,
  Integer,
  One,
  Ones,
  Package,
  Ref,
  type Term,
  Terms,
  Text,
  ToUUID,
  Unicode,
  VarPackage,
  Zero,
  ZeroBytes,
} from "./data.ts";
export * from "./expressions.ts";
export * from "./fields.ts";
export { AmlNode, encodeTerms } from "./node.ts";
export * from "./objects.ts";
export {
  DMA,
  type DmaForm,
  IO,
  IRQNoFlags,
  Interrupt,
  type InterruptForm,
  Memory32Fixed,
  ResourceDescriptor,
  ResourceTemplate,
} from "./resources.ts";
export * from "./statements.ts";
