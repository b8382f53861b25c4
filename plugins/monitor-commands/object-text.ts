import { monitorCommandErrors } from "./errors.ts";

/**
 * Reads `type,id=…,key=value`: two commas stand for one in a value, and what stands first without a key is the type.
 * Throws what is wrong with it.
 */
export function readObjectText(text: string): { readonly [key: string]: string } {
  const result: { [key: string]: string } = {};
  // A comma that is followed by another belongs to the value.
  const parts = text.match(/(?:[^,]|,,)+/g) ?? [];
  for (const [index, part] of parts.entries()) {
    const at = part.indexOf("=");
    const isImplied = at < 0 && index === 0;
    if (at < 0 && !isImplied && part !== "help" && part !== "?") throw monitorCommandErrors.EQUALS_EXPECTED(part);
    const key = isImplied ? "qom-type" : at < 0 ? "help" : part.slice(0, at);
    const value = part.slice(at + 1).replaceAll(",,", ",");
    Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return result;
}
