import { q, type Commands, type Disposable } from "backplane";
import { hmpErrors } from "./errors.ts";
import { listOf } from "./reply.ts";
import { oneLine, type HumanCommandTable } from "./table.ts";

/** The QMP command that runs a line of the human monitor. */
export function humanMonitorCommand(commands: Commands, table: HumanCommandTable): Disposable {
  return commands.add({
    name: "human-monitor-command",
    summary: "Runs a command of the human monitor and returns what it prints",
    arguments: q.struct("q_obj_human-monitor-command-arg", { "command-line": q.str, "cpu-index?": q.int }),
    result: q.str,
    features: ["savevm-monitor-nodes"],
    async run({ "command-line": line, "cpu-index": cpu }) {
      if (cpu !== undefined) {
        const processors = !table.has("query-cpus-fast") ? [] : listOf(await table.query("query-cpus-fast"));
        if (!processors.some((each) => each["cpu-index"] === cpu)) throw hmpErrors.CPU_INDEX();
      }
      const text = await table.execute(line, oneLine(cpu));
      return text.replaceAll("\n", "\r\n");
    },
  });
}
