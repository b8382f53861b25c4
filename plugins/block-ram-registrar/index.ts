import { COMMANDS, definePlugin, HOST_ADDRESS_SPACE, HOST_RESOURCES, RAM_DISCARD } from "backplane";
import { BLOCK } from "backplane/plugins/block/contract";
import { BufferTable } from "./buffer-table.ts";
import { registrarCommands } from "./commands.ts";
import { BLOCK_RAM_REGISTRARS, IO_RING_HOST } from "./contract.ts";
import { ModelIoRingHost } from "./io-ring.ts";
import { registrarManifest } from "./manifest.ts";
import { blockRAMRegistrarOptions, type BlockRAMRegistrarOptions } from "./options.ts";
import { RegistrarService } from "./service.ts";

export default definePlugin<BlockRAMRegistrarOptions>({
  id: "block-ram-registrar",
  apiVersion: 1,
  summary: "registers guest memory with block backends, whose requests then need no copy",
  requires: [BLOCK],
  uses: [IO_RING_HOST],
  provides: [BLOCK_RAM_REGISTRARS],
  hears: [registrarManifest],
  options: blockRAMRegistrarOptions,
  attach(machine, { limit, faults }) {
    const model = new ModelIoRingHost(limit, faults, machine.use(HOST_ADDRESS_SPACE));
    for (const resource of model.resources) machine.own(machine.use(HOST_RESOURCES).add(resource));
    const host = machine.optional(IO_RING_HOST) ?? model;
    const discard = machine.use(RAM_DISCARD);
    const buffersOf = (nodeName: string): BufferTable => new BufferTable(nodeName, host, { discard, log: machine.log });
    machine.own(machine.use(BLOCK).useBufferHost({ buffersOf }));
    const registrars = machine.create(RegistrarService);
    machine.provideValue(BLOCK_RAM_REGISTRARS, registrars);
    for (const command of registrarCommands(registrars)) machine.own(machine.use(COMMANDS).add(command));
  },
});
