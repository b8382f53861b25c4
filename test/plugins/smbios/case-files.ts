import type { CaseFile } from "../../peer/workspace.ts";

const hex = (text: string): string => Buffer.from(text, "latin1").toString("hex");

/** What the options in peer-options.json and peer-outcomes.json read. */
export const smbiosFiles: readonly CaseFile[] = [
  { name: "t200", hex: "c80400f00000" },
  { name: "t3", hex: hex("\x03\x05\0\x03\x01Blob\0\0") },
  { name: "s3", hex: hex("abc") },
  { name: "s4", hex: "040400050000" },
  { name: "s6", hex: "010400050000" },
  { name: "oem", hex: hex("from a file") },
  { name: "nul", hex: hex("a\0b") },
  { name: "empty", hex: "" },
];
