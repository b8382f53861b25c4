import type { PropertyTable, PropertyValues } from "backplane";
import { apicIdOf, coordinatesOf } from "./apic-ids.ts";
import type { CpuTopology } from "./contract.ts";
import { cpuErrors } from "./errors.ts";
import { LEVELS, type Coordinates, type CpuPlace, type Level } from "./place.ts";

export const UNSET_APIC_ID = 0xffff_ffff;

const COUNTS = { socket: "sockets", die: "dies", module: "modules", core: "cores", thread: "threads" } as const;

/** The place that a processor's properties name. Throws with the peer's texts, in its order. */
export function findPlace(
  values: PropertyValues<PropertyTable>,
  topology: CpuTopology,
  places: readonly CpuPlace[],
): CpuPlace {
  const given = (level: Level): number => Number(values[`${level}-id`]);
  const apicId =
    values["apic-id"] === UNSET_APIC_ID ? apicIdOf(coordinates(given, topology), topology) : Number(values["apic-id"]);
  const place = places.find((candidate) => candidate.apicId === apicId);
  if (place === undefined) {
    const at = coordinatesOf(apicId, topology);
    const words = LEVELS.map((level) => `${level}: ${at[level]}`).join(", ");
    throw cpuErrors.CPU_PLACE_UNKNOWN(words, apicId, places.length - 1);
  }
  if (place.device !== undefined) throw cpuErrors.CPU_PLACE_TAKEN(place.index, apicId);
  for (const level of LEVELS) {
    const id = given(level);
    if (id !== -1 && id !== place.at(level)) {
      throw cpuErrors.CPU_PLACE_MISMATCH(level, unsigned(id), apicId, place.at(level));
    }
  }
  return place;
}

function coordinates(given: (level: Level) => number, topology: CpuTopology): Coordinates {
  const result: Record<Level, number> = { socket: 0, die: 0, module: 0, core: 0, thread: 0 };
  for (const level of LEVELS) {
    const count = topology[COUNTS[level]];
    // Dies and modules came late, and may be left out where there is one.
    const isOptional = (level === "die" || level === "module") && count === 1;
    const id = given(level);
    if (id < 0 && isOptional) continue;
    if (id < 0) throw cpuErrors.CPU_PLACE_UNSET(level);
    if (id >= count) throw cpuErrors.CPU_PLACE_RANGE(level, id, count - 1);
    result[level] = id;
  }
  return result;
}

/** As the peer prints a negative number. */
const unsigned = (value: number): number => value >>> 0;
