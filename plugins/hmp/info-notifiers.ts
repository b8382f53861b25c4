import type { JsonObject, JsonValue } from "backplane";
import type { HumanCommand } from "./contract.ts";
import type { OverQmp } from "./over-qmp.ts";
import { listOf, objectOf, textOf } from "./reply.ts";

/** Who hears of RAM blocks. Ours: the peer's monitors do not show the registry. */
export function infoNotifiers(over: OverQmp): HumanCommand[] {
  return [
    over.show(
      "info ram-block-notifiers",
      "x-query-ram-block-notifiers",
      "who hears of RAM blocks and host mappings, in the order in which they are told",
      notifiersText,
    ),
  ];
}

const words = (value: JsonValue | undefined): string =>
  Array.isArray(value) && value.length > 0 ? value.map((each: JsonValue) => textOf(each)).join(" ") : "nothing";

function notifiersText(reply: JsonValue): string {
  const { policy, tells, subscribers, "mapping-subscribers": mappings } = objectOf(reply);
  const blocks = listOf(subscribers ?? []);
  const others = listOf(mappings ?? []);
  return [
    `policy ${textOf(policy)}: tells ${words(tells)}`,
    "RAM blocks:",
    ...(blocks.length === 0 ? ["  nobody"] : blocks.flatMap(subscriberLines)),
    "host mappings:",
    ...(others.length === 0
      ? ["  nobody"]
      : others.map(({ name, hears, knows }) => `  ${textOf(name)}: hears ${words(hears)}; knows ${textOf(knows)}`)),
    "",
  ].join("\n");
}

function subscriberLines({ name, hears, knows }: JsonObject): string[] {
  const known = Array.isArray(knows) ? knows : [];
  return [
    `  ${textOf(name)}: hears ${words(hears)}; knows ${known.length}`,
    ...known.map((block) => `    ${textOf(block)}`),
  ];
}
