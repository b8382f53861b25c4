// Streams that are not what they should be, for a machine `none` with 64 MiB: each goes wrong at one place.
import { MiB } from "backplane";

const RAM = 64 * MiB;
const MAGIC = 0x5145564d;
const ZERO = 0x02;
const MEM_SIZE = 0x04;
const PAGE = 0x08;
const EOS = 0x10;
const CONTINUE = 0x20;

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const u64 = (value: number): Buffer => Buffer.concat([u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)]);
const text = (value: string): Buffer => Buffer.from(value, "latin1");
const name = (value: string): Buffer => Buffer.concat([u8(value.length), text(value)]);
const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

const head = join(u32(MAGIC), u32(3));
const configuration = (machine: string): Buffer => join(u8(7), u32(machine.length), text(machine));
const begun = join(head, configuration("none"));
const section = (type: number, id: number, idstr: string, version: number, instance = 0): Buffer =>
  join(u8(type), u32(id), name(idstr), u32(instance), u32(version));
const start = (version = 4): Buffer => join(begun, section(1, 1, "ram", version));
const blocks = (idstr: string, length: number): Buffer =>
  join(u64(length + MEM_SIZE), name(idstr), u64(length), u64(EOS));
const footer = (id: number): Buffer => join(u8(0x7e), u32(id));
const listed = join(start(), blocks("ram", RAM));
/** In the second part of the section `ram`. */
const inPages = join(listed, footer(1), u8(2), u32(1));
const device = (id: number, idstr: string, version: number): Buffer => join(begun, section(4, id, idstr, version));
const command = (number: number, length: number, ...rest: readonly Buffer[]): Buffer =>
  join(begun, u8(8), u16(number), u16(length), ...rest);

/** By what is wrong with them. */
export const INCOMING_STREAMS: { readonly [what: string]: Buffer } = {
  empty: Buffer.alloc(0),
  "no magic": text("abcdefgh"),
  "version 2": join(u32(MAGIC), u32(2)),
  "version 4": join(u32(MAGIC), u32(4)),
  "nothing but the magic": u32(MAGIC),
  "no configuration": join(head, u8(1)),
  "nothing but the head": head,
  "the configuration's length cut off": join(head, u8(7), u16(0)),
  "the machine's name cut off": join(head, u8(7), u32(4), text("no")),
  "another machine": join(head, configuration("nine")),
  "the beginning of the machine's name": join(head, configuration("no"), u8(0)),
  "nothing behind the configuration": begun,
  "an unknown part": join(begun, u8(0x55)),
  "no description": join(begun, u8(0)),
  "another part than the description": join(begun, u8(0), u8(0x55)),
  "a section's name cut off": join(begun, u8(1), u32(1), u8(3), text("ra")),
  "a section without a name": join(begun, u8(1), u32(1), u8(0)),
  "a section's instance cut off": join(begun, u8(1), u32(1), name("ram"), u16(0)),
  "an unknown section": join(begun, section(1, 5, "foo", 4, 2), u8(0)),
  "too new a section": join(start(5), blocks("ram", RAM)),
  "too old a section": join(start(3), blocks("ram", RAM)),
  "a negative version": join(start(0xffffffff), blocks("ram", RAM)),
  "an unknown block": join(start(), blocks("rum", RAM)),
  "a larger block": join(start(), blocks("ram", 2 * RAM)),
  "a smaller block": join(start(), blocks("ram", RAM / 2)),
  "no footer": join(listed, u8(1)),
  "another section's footer": join(listed, footer(2)),
  "the footer cut off": listed,
  "the footer's number cut off": join(listed, u8(0x7e), u8(0)),
  "a part of an unknown section": join(begun, u8(2), u32(9)),
  "a part of a section with a large number": join(begun, u8(2), u32(0xffffffff)),
  "a part's number cut off": join(begun, u8(2), u8(0)),
  "unknown page flags": join(inPages, u64(0x1001)),
  "page flags that exclude each other": join(inPages, u64(ZERO + PAGE), name("ram"), u8(0)),
  "a page that continues nothing": join(inPages, u64(ZERO + CONTINUE), u8(0)),
  "a page of an unknown block": join(inPages, u64(ZERO), name("rom"), u8(0)),
  "a page outside of its block": join(inPages, u64(RAM + ZERO), name("ram"), u8(0)),
  "a page filled with sevens": join(inPages, u64(ZERO), name("ram"), u8(7)),
  "a page cut off": join(inPages, u64(PAGE), name("ram"), text("abc")),
  "a page's place cut off": join(inPages, u16(0), u8(0)),
  "no command": command(0, 0),
  "an unknown command": command(99, 1),
  "a command that is too long": command(11, 1, u8(0)),
  "a ping": command(2, 4, u32(1)),
  "a command cut off": join(begun, u8(8), u16(0)),
  "a device cut off": join(device(0, "timer", 2), u16(0)),
  "an older device, too long": join(device(0, "timer", 1), Buffer.alloc(24)),
  "an unknown subsection": join(device(0, "timer", 2), Buffer.alloc(24), u8(5), name("timer/xx"), u32(1)),
  "an unknown run state": join(
    device(3, "globalstate", 1),
    u32(4),
    text("foo".padEnd(32, "\0")),
    u8(1),
    u8(0),
    Buffer.alloc(66),
    footer(3),
  ),
  "the run state cut off": join(device(3, "globalstate", 1), u32(7), text("paused")),
};
