import { CLOCK, COMMANDS, definePlugin, RUN_STATES } from "backplane";
import { inputCommands } from "./commands.ts";
import { INPUT } from "./contract.ts";
import { InputService } from "./service.ts";

export default definePlugin({
  id: "input",
  apiVersion: 1,
  summary: "keyboards and pointers: events from monitors to the devices that take them",
  provides: [INPUT],
  attach(machine) {
    const input = new InputService();
    machine.provideValue(INPUT, input);
    const services = { input, states: machine.use(RUN_STATES), clock: machine.use(CLOCK) };
    for (const command of inputCommands(services)) machine.own(machine.use(COMMANDS).add(command));
  },
});
