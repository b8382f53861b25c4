import { guestAddress, type AddressSpace } from "backplane";
import { h, type DisplayFormat, type HumanCommand } from "./contract.ts";
import { command } from "./define.ts";

const PORTS = 0xffff;
const SUFFIX = { 1: "b", 2: "w", 4: "l" } as const;

/** Commands that access I/O ports as a processor would. */
export function portAccess(io: AddressSpace): HumanCommand[] {
  return [
    command({
      name: "i",
      params: "/fmt addr",
      summary: "reads an I/O port; with .INDEX behind the port the index is written first, and the next port read",
      arguments: { fmt: h.format, addr: h.int, index: h.behindStop(h.int) },
      run({ fmt, addr, index }) {
        if (index !== undefined) io.store(guestAddress(addr & PORTS), index & 0xff, 1);
        const port = (index === undefined ? addr : addr + 1) & PORTS;
        const size = width(fmt);
        const value = io.load(guestAddress(port), size);
        const digits = (fmt.size === -1 ? 0 : fmt.size) * 2;
        return `port${SUFFIX[size]}[0x${port.toString(16).padStart(4, "0")}] = 0x${(value >>> 0).toString(16).padStart(digits, "0")}\n`;
      },
    }),
    command({
      name: "o",
      params: "/fmt addr value",
      summary: "writes an I/O port",
      arguments: { fmt: h.format, addr: h.int, val: h.int },
      run({ fmt, addr, val }) {
        const size = width(fmt);
        io.store(guestAddress(addr & PORTS), size === 4 ? val : val & ((1 << (size * 8)) - 1), size);
        return "";
      },
    }),
  ];
}

/** A port is as wide as 4 bytes; other sizes mean one. */
function width({ size }: DisplayFormat): 1 | 2 | 4 {
  return size === 2 || size === 4 ? size : 1;
}
