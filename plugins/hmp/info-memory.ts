import type { JsonObject, JsonValue } from "backplane";
import type { HumanCommand } from "./contract.ts";
import type { OverQmp } from "./over-qmp.ts";
import { hex, listOf, objectOf, textOf } from "./reply.ts";

/** What memory the machine has. */
export function infoMemory(over: OverQmp): HumanCommand[] {
  return [
    over.showText("info ramblock", "x-query-ramblock", "the table of RAM blocks"),
    over.showTextOr("info roms", "x-query-roms", "the ROMs and the files that firmware reads", ""),
    over.showTextOr("info numa", "x-query-numa", "the NUMA nodes with their processors and memory", "0 nodes\n"),
    over.show("info memdev", "query-memdev", "the memory backends", memdevText, true),
    over.show("info memory-devices", "query-memory-devices", "the memory devices in their slots", devicesText),
    over.show("info memory_size_summary", "query-memory-size-summary", "memory from the start, and plugged", sizeText),
  ];
}

function memdevText(reply: JsonValue): string {
  const backend = (each: JsonObject): string => {
    const nodes = Array.isArray(each["host-nodes"]) ? each["host-nodes"] : [];
    return [
      `memory backend: ${textOf(each["id"])}`,
      `  size:  ${textOf(each["size"])}`,
      `  merge: ${textOf(each["merge"])}`,
      `  dump: ${textOf(each["dump"])}`,
      `  prealloc: ${textOf(each["prealloc"])}`,
      `  share: ${textOf(each["share"])}`,
      ...(each["reserve"] === undefined ? [] : [`  reserve: ${textOf(each["reserve"])}`]),
      `  policy: ${textOf(each["policy"])}`,
      `  host nodes: ${rangesText(nodes.map(Number))}\n`,
    ].join("\n");
  };
  return `${listOf(reply).map(backend).join("")}\n`;
}

/** `0-2,5`; the numbers ascend. */
function rangesText(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const latest = ranges.at(-1);
    if (latest !== undefined && latest[1] + 1 === number) latest[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

function devicesText(reply: JsonValue): string {
  return listOf(reply)
    .map((device) => {
      const data = objectOf(device["data"]);
      return [
        `Memory device [${textOf(device["type"])}]: "${textOf(data["id"])}"`,
        `  addr: 0x${hex(data["addr"])}`,
        `  slot: ${textOf(data["slot"])}`,
        `  node: ${textOf(data["node"])}`,
        `  size: ${textOf(data["size"])}`,
        `  memdev: ${textOf(data["memdev"])}`,
        `  hotplugged: ${textOf(data["hotplugged"])}`,
        `  hotpluggable: ${textOf(data["hotpluggable"])}\n`,
      ].join("\n");
    })
    .join("");
}

function sizeText(reply: JsonValue): string {
  const { "base-memory": base, "plugged-memory": plugged } = objectOf(reply);
  return [
    `base memory: ${textOf(base)}\n`,
    ...(plugged === undefined ? [] : [`plugged memory: ${textOf(plugged)}\n`]),
  ].join("");
}
