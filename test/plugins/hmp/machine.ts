import { BLOCK_ACCESS, Machine, RAM_LIST } from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { machineTypes } from "../../../machines/index.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { maskHuman, type HmpMachine, type HmpPhase } from "../../peer/hmp-golden.ts";
import { Workspace } from "../../peer/workspace.ts";

export type Execute = (line: string) => Promise<string>;

/** Builds the machine of a command line and lets a test run lines of the human monitor on it. */
export async function withHumanMachine<T>(
  args: readonly string[],
  use: (execute: Execute, machine: Machine) => Promise<T>,
): Promise<T> {
  const machine = await Machine.create(definitionOf(args), { types: machineTypes });
  try {
    const commands = machine.service(HUMAN_COMMANDS);
    return await use((line) => commands.execute(line), machine);
  } finally {
    await machine.dispose();
  }
}

/** Asks a golden's machine its lines in one phase and returns what it printed, masked as the golden is. */
export async function askMachine(
  golden: HmpMachine,
  phase: HmpPhase["phase"],
  lines: readonly string[],
): Promise<string[]> {
  const workspace = new Workspace(golden.files);
  // The capture's own monitor, which stands on nothing here.
  const monitor = ["-chardev", "null,id=compat_monitor0", "-mon", "chardev=compat_monitor0,mode=control"];
  try {
    return await withHumanMachine(workspace.expand([...monitor, ...golden.args]), async (execute, machine) => {
      if (phase === "firmware") {
        machine.cont();
        await machine.idle();
        machine.stop();
      }
      const answers: string[] = [];
      for (const line of lines) {
        const [expanded = ""] = workspace.expand([line]);
        answers.push(maskHuman(line, workspace.mask(await execute(expanded))));
      }
      return answers;
    });
  } finally {
    workspace.remove();
  }
}

/** Writes bytes at the end of the firmware's ROM, as the peer's firmware stands there. */
export function writeFirmwareEnd(machine: Machine, bytes: Uint8Array): void {
  const block = machine.service(RAM_LIST).byIdstr("pc.bios");
  if (block === undefined) throw new Error("there is no firmware ROM");
  machine.service(BLOCK_ACCESS).write(block, block.usedLength - bytes.length, bytes);
}
