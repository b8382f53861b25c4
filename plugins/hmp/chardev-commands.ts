import { isIdentifier } from "backplane";
import { readChardevOptions, type ChardevDefinition, type Chardevs } from "backplane/plugins/chardev/contract";
import { h, type HumanCommand, type HumanCommands } from "./contract.ts";
import { command } from "./define.ts";
import { hmpErrors } from "./errors.ts";
import { readOptions } from "./options-text.ts";
import type { OverQmp } from "./over-qmp.ts";
import { listOf, textOf } from "./reply.ts";

/** Commands that make, change and read character devices. */
export function chardevCommands(over: OverQmp, table: HumanCommands, chardevs: Chardevs): HumanCommand[] {
  const ids = (): string[] => chardevs.all().map(({ id }) => id);
  return [
    over.show(
      "info chardev",
      "query-chardev",
      "the character devices and what they are connected to",
      (reply) =>
        listOf(reply)
          .map(({ label, filename }) => `${textOf(label)}: filename=${textOf(filename)}\n`)
          .join(""),
      true,
    ),
    command({
      name: "chardev-add",
      params: "args",
      summary: "makes a character device, from what -chardev takes",
      arguments: { args: h.text },
      async run({ args }) {
        const wrong = faultOf(args);
        if (wrong !== undefined) return `${wrong}\nError: Parsing chardev args failed\n`;
        const definition = readDefinition(args);
        if (ids().includes(definition.id)) throw hmpErrors.CHARDEV_CHILD(definition.id);
        await chardevs.add(definition);
        return "";
      },
    }),
    command({
      name: "chardev-change",
      params: "id args",
      summary: "puts another backend in the place of one that nobody uses",
      arguments: { id: h.text, args: h.text },
      async run({ id, args }) {
        const wrong = faultOf(args);
        if (wrong !== undefined) return `${wrong}\nError: Parsing chardev args failed\n`;
        if (Object.hasOwn(readOptions(args, "backend"), "id")) throw hmpErrors.CHARDEV_ID_UNEXPECTED();
        await chardevs.change(readDefinition(`${args},id=${id}`));
        return "";
      },
    }),
    command({
      name: "chardev-remove",
      params: "id",
      summary: "removes a character device that nobody uses",
      arguments: { id: h.text },
      run: ({ id }) => over.perform("chardev-remove", { id }),
      complete: (words) => (words.length === 1 ? ids() : []),
    }),
    command({
      name: "chardev-send-break",
      params: "id",
      summary: "sends a break on a character device",
      arguments: { id: h.text },
      run: ({ id }) => over.perform("chardev-send-break", { id }),
      complete: (words) => (words.length === 1 ? ids() : []),
    }),
    command({
      name: "ringbuf_write",
      params: "device data",
      summary: "writes into a ring buffer",
      arguments: { device: h.text, data: h.text },
      run: ({ device, data }) => over.perform("ringbuf-write", { device, data }),
      complete: (words) => (words.length === 1 ? ringBuffers(chardevs) : []),
    }),
    command({
      name: "ringbuf_read",
      params: "device size",
      summary: "takes the oldest bytes of a ring buffer",
      arguments: { device: h.text, size: h.int },
      run: async ({ device, size }) => `${visible(textOf(await table.query("ringbuf-read", { device, size })))}\n`,
      complete: (words) => (words.length === 1 ? ringBuffers(chardevs) : []),
    }),
  ];
}

function ringBuffers(chardevs: Chardevs): string[] {
  return chardevs
    .all()
    .filter(({ filename }) => filename === "ringbuf")
    .map(({ id }) => id);
}

/** Control characters in the notation of JSON; up to the first zero byte. */
function visible(text: string): string {
  const [shown = ""] = text.split("\0");
  return Array.from(shown, visibleCharacter).join("");
}

function visibleCharacter(char: string): string {
  const code = char.charCodeAt(0);
  if (char === "\\") return "\\\\";
  const isControl = (code < 0x20 && char !== "\n" && char !== "\t") || code === 0x7f;
  return isControl ? `\\u${code.toString(16).toUpperCase().padStart(4, "0")}` : char;
}

/** The keys that `-chardev` has; what is wrong with them is told in two lines. */
const KEYS = new Set(
  [
    "backend path input-path host port fd localaddr localport to ipv4 ipv6 wait server delay nodelay reconnect",
    "reconnect-ms telnet tn3270 tls-creds tls-authz websocket width height cols rows mux signal name debug",
    "size chardev append logfile logappend mouse clipboard tight abstract id",
  ].flatMap((line) => line.split(" ")),
);

const IDENTIFIER_ADVICE = [
  "Parameter 'id' expects an identifier",
  "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.",
].join("\n");

/** What the option reader says of keys and ids, ahead of the error itself. */
function faultOf(args: string): string | undefined {
  const options = readOptions(args, "backend");
  const unknown = Object.keys(options).find((key) => !KEYS.has(key));
  if (unknown !== undefined) return `Invalid parameter '${unknown}'`;
  const { id } = options;
  return id === undefined || isIdentifier(id) ? undefined : IDENTIFIER_ADVICE;
}

function readDefinition(args: string): ChardevDefinition {
  const options = readOptions(args, "backend");
  const { id } = options;
  const { common, backend } = readChardevOptions(id, (key) => options[key]);
  return { id: id ?? "", ...common, ...backend };
}
