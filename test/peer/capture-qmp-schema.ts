import { COMMANDS, EVENTS, Machine } from "backplane";
import { machineTypes } from "../../machines/index.ts";
import { definitionOf } from "../machines/golden-machine.ts";
import { Peer } from "./peer.ts";
import { reachable, type QmpSchemaGolden, type SchemaEntry } from "./qmp-schema-golden.ts";

/** The names of all commands and events that a machine of ours has. */
async function ourNames(): Promise<ReadonlySet<string>> {
  const machine = await Machine.create(definitionOf(["-M", "q35", "-nodefaults"]), { types: machineTypes });
  try {
    const named = [...machine.service(COMMANDS).all(), ...machine.service(EVENTS).declared()];
    return new Set(named.map(({ name }) => name));
  } finally {
    await machine.dispose();
  }
}

/** The peer's schema, as far as it is about what we have too. */
export async function captureQmpSchema(version: string): Promise<QmpSchemaGolden> {
  const names = await ourNames();
  const peer = await Peer.start(["-M", "none", "-nodefaults", "-display", "none"]);
  try {
    const schema = (await peer.execute("query-qmp-schema")) as unknown as SchemaEntry[];
    return { peer: version, schema: reachable(schema, ({ name }) => names.has(name)) };
  } finally {
    await peer.close();
  }
}
