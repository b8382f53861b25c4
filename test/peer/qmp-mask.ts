/** Members whose values depend on the host's speed; every one becomes 0. */
const VARYING = ["total-time", "downtime", "setup-time", "expected-downtime", "mbps", "pages-per-second"];

const varying = new RegExp(`"(${VARYING.join("|")})": -?[0-9][0-9.eE+-]*`, "g");
const timestamp = /"timestamp": \{"seconds": \d+, "microseconds": \d+\}/g;
/** The HVA column inside a JSON string, where a line ends in an escape. */
const hostAddress = / 0x[0-9a-f]{16}( {2}r[ow]\\[rn])/g;

const BLANK_LINE = "\\r\\n\\r\\n";
const tree = /^(\{"return": ")((?:address-space: |FlatView #).*)("\}?.*)$/;

/**
 * Puts the blocks of `info mtree` in order. The peer's own order follows the addresses of its regions and differs from
 * run to run; so do the numbers of flat views, which count the blocks.
 */
function sortTree(line: string, masked: Set<string>): string {
  return line.replace(tree, (_, start: string, text: string, end: string) => {
    masked.add("order of info mtree");
    const blocks = text.replace(/FlatView #\d+/g, "FlatView #?").split(BLANK_LINE);
    const last = blocks.at(-1) === "" ? BLANK_LINE : "";
    return (
      start +
      blocks
        .filter((block) => block !== "")
        .sort()
        .join(BLANK_LINE) +
      last +
      end
    );
  });
}

/**
 * Masks what differs from run to run in one line of QMP, and notes in `masked` which members it was. Ours are compared
 * through the same function.
 */
export function maskQmp(line: string, masked: Set<string> = new Set()): string {
  return sortTree(line, masked)
    .replace(timestamp, () => {
      masked.add("timestamp");
      return '"timestamp": {"seconds": 0, "microseconds": 0}';
    })
    .replace(hostAddress, (_, end: string) => {
      masked.add("HVA");
      return ` 0x????????????????${end}`;
    })
    .replace(varying, (_, name: string) => {
      masked.add(name);
      return `"${name}": 0`;
    });
}
