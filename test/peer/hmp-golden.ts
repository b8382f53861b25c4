import { loadJson } from "./golden.ts";
import type { CaseFile } from "./workspace.ts";

/** A line that the human monitor was given, and what it printed, masked by `maskHuman`, in lines; null: the peer crashed. */
export interface HmpAnswer {
  readonly line: string;
  readonly text: readonly string[] | null;
}

/** A machine in one phase: paused before its first instruction, or when its firmware has come to rest. */
export interface HmpPhase {
  readonly phase: "start" | "firmware";
  readonly answers: readonly HmpAnswer[];
}

export interface HmpMachine {
  readonly name: string;
  readonly args: readonly string[];
  readonly files: readonly CaseFile[];
  readonly phases: readonly HmpPhase[];
}

/** Names, short forms and parameters of commands, as `help` and `help info` show them; not the sentences behind them. */
export interface HmpHelp {
  readonly commands: readonly string[];
  readonly info: readonly string[];
}

export interface HmpGolden {
  readonly peer: string;
  readonly help: HmpHelp;
  readonly machines: readonly HmpMachine[];
}

export const loadHmpGolden = (): HmpGolden => loadJson("hmp.json") as unknown as HmpGolden;

/** What a machine was told in a phase in answer to a line; throws when it was not asked. */
export function humanAnswer(golden: HmpGolden, machine: string, phase: HmpPhase["phase"], line: string): string {
  const phases = golden.machines.find(({ name }) => name === machine)?.phases;
  const answer = phases?.find((each) => each.phase === phase)?.answers.find((each) => each.line === line);
  if (answer === undefined) throw new Error(`${machine}, ${phase}: nobody asked the peer '${line}'`);
  if (answer.text === null) throw new Error(`${machine}, ${phase}: the peer crashed at '${line}'`);
  return answer.text.join("\n");
}

const BLANK_LINE = "\n\n";

/**
 * Puts the blocks of `info mtree` in order. The peer's own order follows the addresses of its regions and differs from
 * run to run; so do the numbers of flat views, which count the blocks.
 */
export function sortMemoryTree(text: string): string {
  const blocks = text.replace(/FlatView #\d+/g, "FlatView #?").split(BLANK_LINE);
  const last = blocks.at(-1) === "" ? BLANK_LINE : "";
  return (
    blocks
      .filter((block) => block !== "")
      .sort()
      .join(BLANK_LINE) + last
  );
}

/**
 * Masks what differs from run to run: host addresses, thread ids, interrupts that wait, the order of address spaces; and
 * the peer's own sentences, which are none of ours. Lines end in `\n`.
 */
export function maskHuman(line: string, text: string): string {
  const plain = text.replaceAll("\r\n", "\n");
  if (/^\s*info mtree/.test(line)) return sortMemoryTree(plain);
  if (/^\s*(?:help|\?)/.test(line)) return plain.replace(/ -- .*/g, " -- …");
  return plain
    .replace(/irr=[0-9a-f]{2}/g, "irr=??")
    .replace(/ 0x[0-9a-f]{16}( {2}r[ow])$/gm, " 0x????????????????$1")
    .replace(/thread[_-]id ?= ?\d+/g, "thread_id=?");
}
