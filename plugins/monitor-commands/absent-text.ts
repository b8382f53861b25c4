import { q, type Command } from "backplane";
import { monitorCommandErrors } from "./errors.ts";

const TEXT = q.struct("HumanReadableText", { "human-readable-text": q.str });

/** What a machine prints about hardware that it has none of. */
const TEXTS = [
  { name: "x-query-irq", what: "how often interrupts came", text: "" },
  { name: "x-query-interrupt-controllers", what: "the interrupt controllers", text: "" },
  { name: "x-query-roms", what: "what the loader put into memory", text: "" },
  { name: "x-query-numa", what: "the NUMA nodes", text: "0 nodes\n" },
] as const;

/** Commands that answer with text for people, as a machine answers them that has none of the hardware. */
export const absentTexts: readonly Command[] = [
  ...TEXTS.map(({ name, what, text }) => ({
    name,
    summary: `A text about ${what}; there is nothing to tell`,
    arguments: q.none,
    result: TEXT,
    unstable: true,
    run: () => ({ "human-readable-text": text }),
  })),
  {
    name: "x-query-usb",
    summary: "A text about USB devices; there is no USB",
    arguments: q.none,
    result: TEXT,
    unstable: true,
    run() {
      throw monitorCommandErrors.USB_NOT_ENABLED();
    },
  },
  {
    name: "query-mice",
    summary: "The pointers that there are; there are none",
    arguments: q.none,
    result: q.array(q.struct("MouseInfo", { name: q.str, index: q.int, current: q.bool, absolute: q.bool })),
    run: () => [],
  },
];
