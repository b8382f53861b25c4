import type { JsonObject, JsonValue } from "backplane";
import { h, type HumanCommand } from "./contract.ts";
import { command } from "./define.ts";
import { hmpErrors } from "./errors.ts";
import type { OverQmp } from "./over-qmp.ts";
import { listOf, objectOf, textOf } from "./reply.ts";
import { shownValue } from "./show-value.ts";

const NO_PROCESSOR = "No CPU available\n";

/** The levels of a processor's place, outermost first, as the peer lists them. */
const PLACES = [
  "node-id",
  "drawer-id",
  "book-id",
  "socket-id",
  "die-id",
  "cluster-id",
  "module-id",
  "core-id",
  "thread-id",
];

/** Which processors there are. */
export function infoProcessors(over: OverQmp): HumanCommand[] {
  /** Nobody turns paging on: the firmware is a script. */
  const paging = (name: string, summary: string): HumanCommand => ({
    name,
    summary,
    run: () => (over.processors().length > 0 ? "PG disabled\n" : NO_PROCESSOR),
  });
  return [
    {
      name: "info cpus",
      needs: "query-cpus-fast",
      summary: "the processors that are there",
      run(_args, { cpu = 0 }) {
        const line = (each: JsonObject): string => {
          const index = each["cpu-index"];
          return `${index === cpu ? "*" : " "} CPU #${textOf(index)}: thread_id=${textOf(each["thread-id"])}\n`;
        };
        return over.processors().map(line).join("");
      },
    },
    command({
      name: "info registers",
      params: "[-a|vcpu]",
      summary: "a processor's registers; -a: of all",
      arguments: { all: h.flag("a"), vcpu: h.optional(h.int) },
      run({ vcpu }, { cpu = 0 }) {
        const there = over.processors();
        if (vcpu === undefined && there.length === 0) return NO_PROCESSOR;
        if (!there.some((each) => each["cpu-index"] === (vcpu ?? cpu))) return `CPU#${vcpu ?? cpu} not available\n`;
        throw hmpErrors.REGISTERS_ABSENT();
      },
    }),
    paging("info tlb", "the translations of addresses"),
    paging("info mem", "the ranges of virtual addresses"),
    command({
      name: "gva2gpa",
      params: "addr",
      summary: "the physical address behind a processor's",
      arguments: { addr: h.long },
      run: ({ addr }) => (over.processors().length > 0 ? `gpa: ${shownValue("x", addr)}\n` : "No cpu\n"),
    }),
    over.show(
      "info hotpluggable-cpus",
      "query-hotpluggable-cpus",
      "the places for processors, and who is there",
      hotpluggableText,
      true,
    ),
    command({
      name: "cpu",
      needs: "query-cpus-fast",
      params: "index",
      summary: "chooses the processor that later commands look at",
      arguments: { index: h.int },
      run({ index }, client) {
        if (!over.processors().some((each) => each["cpu-index"] === index)) return "invalid CPU index\n";
        client.cpu = index;
        return "";
      },
    }),
  ];
}

function hotpluggableText(reply: JsonValue): string {
  const place = (each: JsonObject): string => {
    const props = objectOf(each["props"]);
    return [
      `  type: "${textOf(each["type"])}"\n`,
      `  vcpus_count: "${textOf(each["vcpus-count"])}"\n`,
      ...(each["qom-path"] === undefined ? [] : [`  qom_path: "${textOf(each["qom-path"])}"\n`]),
      "  CPUInstance Properties:\n",
      ...PLACES.filter((level) => props[level] !== undefined).map(
        (level) => `    ${level}: "${textOf(props[level])}"\n`,
      ),
    ].join("");
  };
  return `Hotpluggable CPUs:\n${listOf(reply).map(place).join("")}`;
}
