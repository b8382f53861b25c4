import { asBackplaneError } from "backplane";
import { Messages } from "../../../cli/qemu/messages.ts";
import { withMachine, type TestMachineOptions } from "backplane/kit";

/** What a command line came to in the peer: `{qemu}` is the program's name. */
export interface PeerOutcome {
  readonly args: readonly string[];
  readonly status: number;
  readonly stderr: string;
}

/** The same for a machine of ours: warnings, and the error that it was refused with. */
export async function outcomeOf(options: TestMachineOptions): Promise<Pick<PeerOutcome, "status" | "stderr">> {
  try {
    return await withMachine(options, (_machine, log) => {
      const warnings = log.filter(({ level }) => level === "warn");
      return { status: 0, stderr: warnings.map(({ message }) => `{qemu}: warning: ${message}\n`).join("") };
    });
  } catch (failure) {
    let stderr = "";
    new Messages("{qemu}", (text) => (stderr += text)).failure(asBackplaneError(failure));
    return { status: 1, stderr };
  }
}
