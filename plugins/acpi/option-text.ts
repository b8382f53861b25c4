/** One `name=value` of a command-line option. */
export interface OptionPair {
  readonly name: string;
  readonly value: string;
}

/**
 * Splits `a=1,b=2` as the peer does: a doubled comma is a comma, and a first part without `=` is the value of
 * `implied`. A later part without `=` is a switch (`x` on, `nox` off) that earns a warning.
 */
export function splitOption(
  text: string,
  implied: string,
): { pairs: readonly OptionPair[]; warnings: readonly string[] } {
  const pairs: OptionPair[] = [];
  const warnings: string[] = [];
  for (let at = 0; at < text.length;) {
    const bare = /^[^=,]*/.exec(text.slice(at))?.[0] ?? "";
    const named = text[at + bare.length] === "=";
    const valueAt = named ? at + bare.length + 1 : at;
    const raw = /^(?:[^,]|,,)*/.exec(text.slice(valueAt))?.[0] ?? "";
    const value = raw.replaceAll(",,", ",");
    if (named) {
      pairs.push({ name: bare, value });
      at = valueAt + raw.length + 1;
    } else if (at === 0) {
      pairs.push({ name: implied, value });
      at = valueAt + raw.length + 1;
    } else {
      const off = bare.startsWith("no");
      const flag = { name: off ? bare.slice(2) : bare, value: off ? "off" : "on" };
      pairs.push(flag);
      warnings.push(`short-form boolean option '${bare}' deprecated\nPlease use ${flag.name}=${flag.value} instead`);
      at += bare.length + 1;
    }
  }
  return { pairs, warnings };
}
