// Captures what the peer answers to random conversations with devices' registers.
import { registerCases } from "./cases/registers.ts";
import { Peer } from "./peer.ts";
import { conversation, describeAccess, type RegistersGolden } from "./registers-golden.ts";

export async function captureRegisters(version: string): Promise<RegistersGolden> {
  const answers: Record<string, string> = {};
  for (const test of registerCases) {
    const peer = await Peer.start([...test.args, "-display", "none"]);
    try {
      const accesses = conversation(test);
      const replies = await peer.qtest(accesses.map(describeAccess));
      answers[test.name] = replies
        .filter((_, at) => accesses[at]?.value === undefined)
        .map((reply) => Number(reply.slice("OK ".length)).toString(16))
        .join(" ");
    } finally {
      await peer.close();
    }
  }
  return { peer: version, answers };
}
