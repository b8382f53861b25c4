/**
 * Reads `first,key=value,…` in the peer's older option syntax: two commas stand for one, a first value without a key
 * belongs to `implied`, a key without a value is `on`, with `no` before it `off`.
 */
export function readOptions(text: string, implied: string): { readonly [key: string]: string } {
  const result: { [key: string]: string } = {};
  for (const [index, part] of splitCommas(text).entries()) {
    const at = part.indexOf("=");
    if (at > 0) set(result, part.slice(0, at), part.slice(at + 1));
    else if (index === 0) set(result, implied, part);
    else if (part.startsWith("no") && part !== "no") set(result, part.slice("no".length), "off");
    else if (part !== "") set(result, part, "on");
  }
  return result;
}

function set(result: { [key: string]: string }, key: string, value: string): void {
  Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
}

/** At single commas; doubled ones become one. */
function splitCommas(text: string): string[] {
  const parts = [""];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char !== ",") parts[parts.length - 1] += char;
    else if (text[at + 1] === ",") {
      parts[parts.length - 1] += ",";
      at++;
    } else parts.push("");
  }
  return parts;
}
