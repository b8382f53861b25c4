import { definitionSchema } from "backplane/config";
import timeline from "../plugins/timeline/index.ts";
import { allPlugins, findMachineType } from "./lists.ts";

/** `backplane schema`. */
export async function printSchema(machine: string): Promise<number> {
  const schema = await definitionSchema([timeline, ...(await allPlugins(findMachineType(machine)))]);
  process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
  return 0;
}
