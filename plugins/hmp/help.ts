import { h, type HumanCommand } from "./contract.ts";
import { command } from "./define.ts";
import type { HumanCommandTable } from "./table.ts";
import { readWords } from "./word.ts";

/** `help` and `info` without a query: the commands with their parameters. */
export function help(table: HumanCommandTable): HumanCommand[] {
  return [
    command({
      name: "help|?",
      params: "[cmd]",
      summary: "shows the commands, or one of them",
      arguments: { name: h.optional(h.rest) },
      preconfig: true,
      run: ({ name }) => helpText(table, name),
    }),
    {
      name: "info",
      params: "[subcommand]",
      summary: "shows something of the machine",
      preconfig: true,
      run: () => helpText(table, "info"),
    },
  ];
}

function helpText(table: HumanCommandTable, name: string | undefined): string {
  const [word, below] = readWords(name ?? "") ?? [];
  // Words that cannot be read are no question.
  if (word === undefined) return name === undefined ? table.available().map(line).join("") : "";
  const found = table.find(word);
  if (found === undefined) return `unknown command: '${word}'\n`;
  if (found.name !== "info") return line(found);
  if (below === undefined) return table.available("info").map(line).join("");
  const query = table.find(below, "info");
  return query === undefined ? `unknown command: '${word} ${below}'\n` : line(query);
}

function line({ name, params = "", summary }: HumanCommand): string {
  return `${name} ${params} -- ${summary}\n`;
}
