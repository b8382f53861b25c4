// What is refused and what is warned of, in the peer's words and order.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadCliGoldens } from "../../peer/golden.ts";
import { outcomeOf, type PeerOutcome } from "./outcome.ts";
import { pcMachine } from "./pc-machine.ts";

const captured = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "peer-outcomes.json"), "utf8"),
) as PeerOutcome[];
// A machine type without NUMA is the command line's affair: it has no such plugin.
const goldens = loadCliGoldens().filter(({ name }) => name.startsWith("numa-") && !name.endsWith("on-none"));

describe.each([
  ["peer", captured],
  ["goldens", goldens],
] as const)("%s", (_source, outcomes: readonly PeerOutcome[]) => {
  test.each(outcomes.map((outcome) => [outcome.args.join(" "), outcome] as const))("%s", async (_name, outcome) => {
    const { status, stderr } = outcome;
    expect(await outcomeOf(pcMachine(outcome.args))).toEqual({ status, stderr });
  });
});

describe("where the peer goes on regardless", () => {
  const nodes = "-m 256M -object memory-backend-ram,id=a,size=256M";

  test("an initiator that cannot exist: the peer prints this and forgets the node", async () => {
    const args = `-machine hmat=on ${nodes} -numa node,memdev=a,initiator=200`.split(" ");
    expect((await outcomeOf(pcMachine(args))).stderr).toContain(
      "The initiator id 200 expects an integer between 0 and 127",
    );
  });

  test("a node below 0: the peer reads past its array", async () => {
    const args = `${nodes} -numa node,memdev=a -numa cpu,node-id=-1`.split(" ");
    expect((await outcomeOf(pcMachine(args))).stderr).toContain("Invalid node-id=-1, NUMA node must be defined");
  });

  test("latencies that differ too much, the larger one first: the peer cuts it to 16 bits", async () => {
    const latency = (target: number, value: number) =>
      `-numa hmat-lb,initiator=0,target=${target},hierarchy=memory,data-type=read-latency,latency=${value}`;
    const args = `-machine hmat=on ${nodes} -numa node,memdev=a -numa node -numa cpu,node-id=0 ${latency(0, 5_000_000)} ${latency(1, 1)}`;
    expect((await outcomeOf(pcMachine(args.split(" ")))).stderr).toContain(
      "Latency 1 between initiator=0 and target=1 should not differ from previously entered min or max values",
    );
  });
});
