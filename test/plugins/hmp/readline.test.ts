import { describe, expect, test } from "vitest";
import { System } from "../../cli/system.ts";
import { loadReadlineGolden, type ReadlineConversation } from "../../peer/hmp-readline-golden.ts";

/** How many turns of the event loop an answer may take that never comes. */
const PATIENCE = 400;

/** Where ours differs from the peer, and why: by the conversation and what was sent. */
const KNOWN: { readonly [name: string]: { readonly [keys: string]: string } } = {};

/** Sends keys piece by piece to a monitor on standard input and output. */
async function converse({ greeting, keys, answers }: ReadlineConversation): Promise<string[]> {
  const system = new System(["-S", "-machine", "none", "-nodefaults", "-display", "none", "-monitor", "stdio"]);
  const process = { left: false };
  void system.status.then(() => (process.left = true));
  let taken = 0;
  const take = async (expected: string): Promise<string> => {
    for (let turn = 0; turn < PATIENCE && !process.left; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      // One turn more, for what must not come.
      if (system.stdout.text.length - taken >= expected.length && turn > 2) break;
    }
    const text = system.stdout.text.slice(taken);
    taken = system.stdout.text.length;
    return text;
  };
  try {
    const heard = [await take(greeting)];
    for (const [index, piece] of keys.entries()) {
      system.stdin.write(Buffer.from(piece, "latin1"));
      heard.push(await take(utf8(answers[index] ?? "")));
    }
    return heard;
  } finally {
    system.signal(15);
    await system.status;
  }
}

/** The golden's characters are bytes; the test's output is text. */
const utf8 = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

describe("a terminal shows what the peer's does", () => {
  test.each(loadReadlineGolden().conversations)("$name", async (conversation) => {
    const [greeting, ...heard] = await converse(conversation);
    expect(greeting).toBe(conversation.greeting);
    for (const [index, keys] of conversation.keys.entries()) {
      const known = KNOWN[conversation.name]?.[keys];
      const expected = utf8(conversation.answers[index] ?? "");
      if (known === undefined) expect(heard[index], JSON.stringify(keys)).toBe(expected);
      else expect(heard[index], `${keys}: ${known}`).not.toBe(expected);
    }
  });
});
