import type { QmpGolden } from "../../peer/golden.ts";
import { maskQmp } from "../../peer/qmp-mask.ts";
import { Workspace } from "../../peer/workspace.ts";
import { System } from "../../cli/system.ts";

/** How many turns of the event loop an answer may take that never comes. */
const PATIENCE = 400;
/** After so many turns the answer needs one of the host's threads, to which a turn is short. */
const SHORT_TURNS = 100;

/** Sends what was sent to the peer, and returns the lines that came before the next was sent, masked as the golden is. */
export async function converse(golden: QmpGolden): Promise<{ readonly greeting: string; readonly lines: string[][] }> {
  const workspace = new Workspace(golden.files);
  const system = new System(["-S", "-qmp", "stdio", ...workspace.expand(golden.args)]);
  const process = { left: false };
  void system.status.then(() => (process.left = true));
  let taken = 0;
  const waiting = (): string[] => system.stdout.text.slice(taken).split("\r\n").slice(0, -1);
  const take = async (count: number): Promise<string[]> => {
    for (let turn = 0; turn < PATIENCE && !process.left; turn++) {
      await new Promise((resolve) => (turn < SHORT_TURNS ? setImmediate(resolve) : setTimeout(resolve, 1)));
      // One turn more, for what must not come.
      if (waiting().length >= count && turn > 2) break;
    }
    const lines = waiting();
    taken = system.stdout.text.lastIndexOf("\r\n") + 2;
    return lines.map((line) => maskQmp(workspace.mask(line)));
  };
  try {
    const [greeting = system.stderr.text] = await take(1);
    const lines: string[][] = [];
    for (const exchange of golden.exchanges) {
      const [text = ""] = workspace.expand([`${exchange.send ?? ""}\n`]);
      system.stdin.write(exchange.hex === undefined ? text : Buffer.from(exchange.hex, "hex"));
      lines.push(await take(exchange.lines.length));
    }
    return { greeting, lines };
  } finally {
    system.signal(15);
    await system.status;
    workspace.remove();
  }
}
