import type { JsonObject, JsonValue } from "backplane";
import type { HumanCommand } from "./contract.ts";
import type { OverQmp } from "./over-qmp.ts";
import { hex, listOf, numberOf, objectOf, textOf } from "./reply.ts";

/** The PCI functions as the guest has configured them. */
export function infoPci(over: OverQmp): HumanCommand[] {
  return [
    over.show("info pci", "query-pci", "the PCI functions with their addresses and bridges", (reply) =>
      listOf(reply).flatMap(functionsOf).join(""),
    ),
  ];
}

/** The functions of a bus, each before those behind it. */
function functionsOf(bus: JsonObject): string[] {
  return listOf(bus["devices"]).flatMap((each) => [functionText(each), ...functionsOf(objectOf(each["pci_bridge"]))]);
}

function functionText(subject: JsonObject): string {
  const number = (key: string): string => textOf(subject[key]);
  const classInfo = objectOf(subject["class_info"]);
  const id = objectOf(subject["id"]);
  const name =
    classInfo["desc"] === undefined
      ? `Class ${textOf(classInfo["class"]).padStart(4, "0")}`
      : textOf(classInfo["desc"]);
  const hasSubsystem = id["subsystem"] !== undefined && id["subsystem-vendor"] !== undefined;
  const pin = String.fromCharCode("A".charCodeAt(0) + numberOf(subject["irq_pin"]) - 1);
  return [
    `  Bus ${number("bus").padStart(2)}, device ${number("slot").padStart(3)}, function ${number("function")}:\n`,
    `    ${name}: PCI device ${hex(id["vendor"], 4)}:${hex(id["device"], 4)}\n`,
    ...(hasSubsystem ? [`      PCI subsystem ${hex(id["subsystem-vendor"], 4)}:${hex(id["subsystem"], 4)}\n`] : []),
    ...(subject["irq"] === undefined ? [] : [`      IRQ ${number("irq")}, pin ${pin}\n`]),
    ...(subject["pci_bridge"] === undefined ? [] : bridgeLines(objectOf(objectOf(subject["pci_bridge"])["bus"]))),
    ...listOf(subject["regions"]).map(regionLine),
    `      id "${number("qdev_id")}"\n`,
  ].join("");
}

function bridgeLines(bus: JsonObject): string[] {
  const range = (value: JsonValue | undefined, digits: number): string => {
    const { base, limit } = objectOf(value);
    return `[0x${hex(base, digits)}, 0x${hex(limit, digits)}]`;
  };
  return [
    `      BUS ${textOf(bus["number"])}.\n`,
    `      secondary bus ${textOf(bus["secondary"])}.\n`,
    `      subordinate bus ${textOf(bus["subordinate"])}.\n`,
    `      IO range ${range(bus["io_range"], 4)}\n`,
    `      memory range ${range(bus["memory_range"], 8)}\n`,
    `      prefetchable memory range ${range(bus["prefetchable_range"], 8)}\n`,
  ];
}

/** A BAR that stands nowhere has the address -1. */
function regionLine(region: JsonObject): string {
  const isPort = region["type"] === "io";
  const kind = isPort
    ? "I/O"
    : `${region["mem_type_64"] === true ? 64 : 32} bit${region["prefetch"] === true ? " prefetchable" : ""} memory`;
  const address = numberOf(region["address"]);
  const start = `      BAR${textOf(region["bar"])}: ${kind}`;
  if (address === -1) return `${start} (not mapped)\n`;
  const digits = isPort ? 4 : 8;
  const end = address + numberOf(region["size"]) - 1;
  return `${start} at 0x${hex(address, digits)} [0x${hex(end, digits)}]\n`;
}
