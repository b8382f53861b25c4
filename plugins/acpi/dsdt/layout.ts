// Where in the DSDT each part of the machine is described.

interface PlaceRule {
  /** The parts of this place lie together in one scope of this name. */
  readonly scope?: string;
}

/**
 * The order of the DSDT's parts. The definition block is read from top to bottom, so that a method's arity and a
 * region must be known before they are used: the host bridge's methods come before the devices that call them.
 */
const PLACES = {
  "debug-port": {},
  "host-bridge": {},
  "pci-hotplug": {},
  "pci-routing": {},
  hpet: {},
  gpe: { scope: "_GPE" },
  "cpu-hotplug": {},
  "memory-hotplug": {},
  "expander-bridges": {},
  "host-bridge-resources": {},
  "sleep-states": {},
  "fw-cfg": {},
  "pci-devices": {},
  "pci-events": {},
  device: {},
} as const satisfies Record<string, PlaceRule>;

type SharedPlace = "gpe" | "device";
type ChipsetPlace = Exclude<keyof typeof PLACES, "device">;

/**
 * The place of a fragment; at most one fragment holds it. `gpe:<name>` is a general-purpose event's handler, in the
 * scope of the event block; `device:<name>` is another author's device, behind all of the chipset's. Both are ordered
 * by name.
 */
export type DsdtPlace = ChipsetPlace | `${SharedPlace}:${string}`;

const names = Object.keys(PLACES);

function section(place: string): string {
  return /^(gpe|device):./.exec(place)?.[1] ?? place;
}

export function isDsdtPlace(place: string): place is DsdtPlace {
  return place !== "device" && names.includes(section(place));
}

/** Sorts places into the order of the table. */
export function compareDsdtPlaces(left: DsdtPlace, right: DsdtPlace): number {
  const difference = names.indexOf(section(left)) - names.indexOf(section(right));
  if (difference !== 0 || left === right) return difference;
  return left < right ? -1 : 1;
}

/** The scope that the place's fragments share, if they share one. */
export function sharedScope(place: DsdtPlace): string | undefined {
  const rules: Readonly<Record<string, PlaceRule>> = PLACES;
  return rules[section(place)]?.scope;
}
