import { CLOCK, COMMANDS, definePlugin, disposable, EVENTS, LIFECYCLE } from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { blockCommandLine } from "./command-line.ts";
import { blockCommands } from "./commands.ts";
import { BLOCK } from "./contract.ts";
import { BLOCK_EVENTS } from "./events.ts";
import { FaultHandler } from "./faults.ts";
import { humanBlockCommands } from "./human.ts";
import { blockOptions, type BlockOptions } from "./options.ts";
import { BlockService } from "./service.ts";

export default definePlugin<BlockOptions>({
  id: "block",
  apiVersion: 1,
  summary: "the block layer: nodes over files and nothing, drives, error injection",
  uses: [HUMAN_COMMANDS],
  provides: [BLOCK],
  options: blockOptions,
  commandLine: blockCommandLine,
  attach(machine, options) {
    const clock = machine.use(CLOCK);
    const block = new BlockService({ clock, faults: machine.create(FaultHandler) }, machine.log);
    machine.provideValue(BLOCK, block);
    machine.own(disposable(() => block.close()));
    machine.own(machine.use(LIFECYCLE).on("objects", () => block.build(options)));
    for (const event of BLOCK_EVENTS) machine.own(machine.use(EVENTS).declare(event));
    machine.own(machine.use(LIFECYCLE).on("devices", () => block.placeOrphans()));
    const commands = machine.use(COMMANDS);
    for (const command of blockCommands(block, clock, machine.use(EVENTS))) machine.own(commands.add(command));
    const human = machine.optional(HUMAN_COMMANDS);
    for (const command of humanBlockCommands(block, clock)) if (human !== undefined) machine.own(human.add(command));
  },
});
