// Name objects: ACPI 6.5 §20.2.2, and their notation in ASL, §19.2.2.

const SEGMENT = /^[A-Z_][A-Z0-9_]{0,3}$/;
const DUAL_NAME = "\x2e";
const MULTI_NAME = "\x2f";

/** Few names occur in a machine's tables, and each of them often. */
const known = new Map<string, string>();
const KNOWN_LIMIT = 4096;

function encodeName(path: string): string {
  const prefix = /^(\\|\^*)/.exec(path)?.[0] ?? "";
  const rest = path.slice(prefix.length);
  if (rest === "") {
    if (prefix === "") throw new RangeError("an AML name is empty");
    // The root itself, or a parent: a prefix and the null name.
    return `${prefix}\0`;
  }
  const segments = rest.split(".").map((segment) => {
    if (!SEGMENT.test(segment)) throw new RangeError(`"${path}" is not an AML name: segment "${segment}"`);
    return segment.padEnd(4, "_");
  });
  if (segments.length > 0xff) throw new RangeError(`an AML name has ${segments.length} segments`);
  const joined = segments.join("");
  if (segments.length === 1) return prefix + joined;
  if (segments.length === 2) return prefix + DUAL_NAME + joined;
  return prefix + MULTI_NAME + String.fromCharCode(segments.length) + joined;
}

/** A path such as `\_SB.PCI0.PRES` or `^S08.PCNT`, encoded. Short segments are padded with underscores. */
export function nameCode(path: string): string {
  let code = known.get(path);
  if (code === undefined) {
    code = encodeName(path);
    if (known.size < KNOWN_LIMIT) known.set(path, code);
  }
  return code;
}

/** One segment without a path, as field lists have it. */
export function segmentCode(name: string): string {
  if (!SEGMENT.test(name)) throw new RangeError(`"${name}" is not an AML name segment`);
  return nameCode(name);
}
