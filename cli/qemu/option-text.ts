// The older of QEMU's two key=value syntaxes (qemu-options: -device, -m, -chardev, …): the first value may stand without
// its key, a key without a value is a switch (`foo`, `nofoo`), a doubled comma stands for one.

export interface OptionPair {
  readonly key: string;
  readonly value: string;
  /** Written without `=`: `foo` means `foo=on`, `nofoo` means `foo=off`. */
  readonly bare?: { readonly prefix: "" | "no" };
}

export function isHelp(word: string): boolean {
  return word === "help" || word === "?";
}

/** Splits at commas; the pairs in order, `id` among them. */
export function splitPairs(text: string, implied?: string): OptionPair[] {
  const pairs: OptionPair[] = [];
  for (let at = 0; at < text.length;) {
    const end = at + (/[=,]/.exec(text.slice(at))?.index ?? text.length - at);
    const name = text.slice(at, end);
    if (text[end] === "=") {
      const { value, next } = readValue(text, end + 1);
      pairs.push({ key: name, value });
      at = next;
    } else if (at === 0 && implied !== undefined) {
      const { value, next } = readValue(text, at);
      pairs.push({ key: implied, value });
      at = next;
    } else {
      const isOff = name.startsWith("no");
      pairs.push({
        key: isOff ? name.slice(2) : name,
        value: isOff ? "off" : "on",
        bare: { prefix: isOff ? "no" : "" },
      });
      at = end + 1;
    }
  }
  return pairs;
}

/** A value up to the next single comma. */
function readValue(text: string, from: number): { readonly value: string; readonly next: number } {
  let value = "";
  let at = from;
  while (at < text.length) {
    if (text[at] === ",") {
      if (text[at + 1] !== ",") break;
      at++;
    }
    value += text[at];
    at++;
  }
  return { value, next: at + 1 };
}
