import { colours } from "../colours.ts";
import { formatSize, RAM_BLOCK_NOTIFICATIONS, type RAMBlockNotification } from "backplane";
import { hex } from "../format.ts";
import { untoldLine } from "../run/report.ts";
import { table } from "../table.ts";
import type { RegistryReport, SubscriberEntry } from "./registry-report.ts";
import { wrap } from "./wrap.ts";

const MAPPING_KINDS = ["added", "removed"] as const;
/** A line that is longer than this is hard to read, however wide the terminal. */
const WIDEST = 110;

/** The report for people, in lines of at most `width` characters where it can be helped. */
export function renderRegistry(report: RegistryReport, width = WIDEST): string {
  const { machine, policy } = report;
  const room = Math.min(Math.max(width, 60), WIDEST);
  return [
    colours.bold(report.description ?? report.definition),
    colours.dim(
      `${machine.type}, ${formatSize(machine.memory)}; policy ${policy.name}: tells ${policy.tells.join(", ")}`,
    ),
    ...report.untold.map(untoldLine),
    "",
    ...section("Who hears of RAM blocks, in the order in which they are told", [
      ...subscriberTable(report),
      ...details(report.subscribers, RAM_BLOCK_NOTIFICATIONS, policy.tells, room),
    ]),
    ...section("Who hears of host mappings", [
      ...mappingTable(report),
      ...details(report.mappingSubscribers, MAPPING_KINDS, MAPPING_KINDS, room),
    ]),
    ...section("Not here now", absentLines(report, room)),
    ...section("RAM blocks", blockTable(report)),
    ...section("Host mappings", hostMappingTable(report)),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [colours.bold(title), ...lines, ""];
}

/** One mark for a kind: told, told by nobody's choice, not heard. */
function mark(subscriber: SubscriberEntry, kind: string, isTold: boolean, prefix = ""): string {
  if (!subscriber.hears.includes(kind)) return colours.dim("·");
  if (subscriber.untold.some((untold) => untold === `${prefix}${kind}`)) return colours.yellow("untold");
  return isTold ? colours.green("●") : colours.dim("○");
}

function subscriberTable({ subscribers, policy, ramBlocks }: RegistryReport): string[] {
  if (subscribers.length === 0) return [colours.dim(" nobody")];
  const rows = subscribers.map((subscriber, index) => [
    String(index + 1),
    subscriber.name,
    ...RAM_BLOCK_NOTIFICATIONS.map((kind) => mark(subscriber, kind, policy.tells.includes(kind))),
    `${subscriber.knows.length} of ${ramBlocks.length} blocks`,
  ]);
  return [
    ...table(["", "subscriber", ...RAM_BLOCK_NOTIFICATIONS, "knows"], rows, [0]),
    colours.dim("    ● is told   · need not hear   ○ would hear, but this policy does not tell"),
  ];
}

function mappingTable({ mappingSubscribers, hostMappings }: RegistryReport): string[] {
  const rows = mappingSubscribers.map((subscriber, index) => [
    String(index + 1),
    subscriber.name,
    ...MAPPING_KINDS.map((kind) => mark(subscriber, kind, true, "mapping-")),
    `${subscriber.knows.length} of ${hostMappings.length} mappings`,
  ]);
  return rows.length === 0 ? [] : table(["", "subscriber", ...MAPPING_KINDS, "knows"], rows, [0]);
}

/** What each does about each kind that it hears. */
function details(
  subscribers: readonly SubscriberEntry[],
  kinds: readonly RAMBlockNotification[],
  tells: readonly string[],
  room: number,
): string[] {
  const indent = 3 + Math.max(...kinds.map((kind) => kind.length)) + 2;
  // One that is there several times does the same each time.
  const once = subscribers.filter(({ name }, index) => subscribers.findIndex((other) => other.name === name) === index);
  return once.flatMap(({ name, positions, hears, untold }) => {
    const lines = kinds.flatMap((kind) => {
      const position = (positions as Partial<Record<string, { readonly does?: string; readonly untold?: string }>>)?.[
        kind
      ];
      if (position?.does === undefined || !hears.includes(kind)) return [];
      const isUntold = untold.some((one) => one === kind || one === `mapping-${kind}`) || !tells.includes(kind);
      const text = isUntold ? `not told: ${position.untold ?? ""}` : position.does;
      const wrapped = wrap(text, room - indent, indent);
      return [`   ${colours.dim(kind.padEnd(indent - 3))}${isUntold ? colours.yellow(wrapped) : wrapped}`];
    });
    if (positions === undefined && hears.length > 0)
      lines.push(`   ${colours.dim("its plugin's manifest does not say what it does")}`);
    return lines.length === 0 ? [] : ["", ` ${colours.cyan(name)}`, ...lines];
  });
}

function absentLines({ absent }: RegistryReport, room: number): string[] {
  const width = Math.max(0, ...absent.map(({ name }) => name.length)) + 2;
  return absent.map(
    ({ name, when }) => ` ${name.padEnd(width)}${colours.dim(wrap(when, room - width - 1, width + 1))}`,
  );
}

function blockTable({ ramBlocks, subscribers }: RegistryReport): string[] {
  if (ramBlocks.length === 0) return [];
  const rows = ramBlocks.map(({ name, region, offset, used, max, migratable }) => [
    name === "" ? colours.dim(`(${region})`) : name,
    hex(offset),
    hex(used),
    used === max ? colours.dim("same") : hex(max),
    migratable ? "yes" : colours.dim("no"),
    knownBy(subscribers, name === "" ? `(${region})` : name),
  ]);
  return table(["block", "offset", "used", "max", "migratable", "known by"], rows, [1, 2, 3]);
}

function hostMappingTable({ hostMappings, mappingSubscribers }: RegistryReport): string[] {
  if (hostMappings.length === 0) return [];
  const rows = hostMappings.map(({ owner, address, length }) => [
    owner,
    hex(address),
    hex(length),
    knownBy(mappingSubscribers, `${owner}@${hex(address)}`),
  ]);
  return table(["owner", "host address", "length", "known by"], rows, [1, 2]);
}

/** The numbers of those who know it. */
function knownBy(subscribers: readonly SubscriberEntry[], name: string): string {
  const numbers = subscribers.flatMap(({ knows }, index) => (knows.includes(name) ? [String(index + 1)] : []));
  return numbers.length === 0 ? colours.dim("nobody") : numbers.join(" ");
}
