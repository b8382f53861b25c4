import { loadJson } from "./golden.ts";

/** Keys that were sent to a monitor piece by piece, and the terminal's output that each brought. Characters are bytes. */
export interface ReadlineConversation {
  readonly name: string;
  readonly keys: readonly string[];
  readonly greeting: string;
  readonly answers: readonly string[];
}

export interface ReadlineGolden {
  readonly peer: string;
  readonly conversations: readonly ReadlineConversation[];
}

export const loadReadlineGolden = (): ReadlineGolden => loadJson("hmp-readline.json") as unknown as ReadlineGolden;
