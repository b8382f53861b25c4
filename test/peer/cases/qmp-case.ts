import type { CaseFile } from "../workspace.ts";
import type { Json } from "../golden.ts";

/** One thing sent to the monitor and what to wait for before the next. */
export interface QmpStep {
  /** Sent as UTF-8 with a newline behind it. */
  readonly send?: string;
  /** Sent as these bytes, nothing added. */
  readonly hex?: string;
  /** How many returns and errors answer it; 1 unless told. */
  readonly replies?: number;
  /** Goes on only when a line has this text, for events that come late. */
  readonly until?: string;
}

export interface QmpCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly files?: readonly CaseFile[];
  readonly steps: readonly QmpStep[];
}

export const NONE = ["-machine", "none", "-m", "64M", "-nodefaults", "-display", "none"];

export const say = (send: string, replies = 1): QmpStep => ({ send, replies });
export const run = (execute: string, args?: Json): QmpStep =>
  say(JSON.stringify({ execute, ...(args === undefined ? {} : { arguments: args }) }));
export const NEGOTIATE = run("qmp_capabilities");
export const hmp = (line: string): QmpStep => run("human-monitor-command", { "command-line": line });
/** Bytes, of which text may be a part. */
export const bytes = (content: string, replies = 1): QmpStep => ({
  hex: Buffer.from(content, "latin1").toString("hex"),
  replies,
});

/** A conversation with the smallest machine, after the negotiation. */
export const afterNegotiation = (name: string, ...steps: QmpCase["steps"]): QmpCase => ({
  name,
  args: NONE,
  steps: [NEGOTIATE, ...steps],
});
