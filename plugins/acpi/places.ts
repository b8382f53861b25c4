/** Whether the RSDT names the table. The FADT points at the other two itself (ACPI 6.5 §5.2.9). */
interface PlaceRule {
  readonly listed: boolean;
}

/**
 * Where in `etc/acpi/tables` each kind of table lies: in this order, back to back. The FACS comes first because it alone
 * has an alignment, which the file's start provides. A device of another author takes the place `device:<its name>`,
 * between the machine's own tables and the user's; such places are ordered by name.
 */
const PLACES = {
  facs: { listed: false },
  dsdt: { listed: false },
  fadt: { listed: true },
  madt: { listed: true },
  erst: { listed: true },
  vmgenid: { listed: true },
  vmclock: { listed: true },
  hpet: { listed: true },
  tpm: { listed: true },
  srat: { listed: true },
  slit: { listed: true },
  hmat: { listed: true },
  mcfg: { listed: true },
  iommu: { listed: true },
  nvdimm: { listed: true },
  cxl: { listed: true },
  waet: { listed: true },
  user: { listed: true },
} as const satisfies Record<string, PlaceRule>;

type MachinePlace = keyof typeof PLACES;

/** The place of a contribution; at most one contribution holds a place, with any number of tables. */
export type TablePlace = MachinePlace | `device:${string}`;

const ranks = new Map<string, number>(Object.keys(PLACES).map((place, rank) => [place, rank]));
const DEVICE_RANK = (ranks.get("waet") ?? 0) + 0.5;

function isMachinePlace(place: string): place is MachinePlace {
  return ranks.has(place);
}

/** Sorts places into the order of the tables. */
export function comparePlaces(left: TablePlace, right: TablePlace): number {
  const difference = (ranks.get(left) ?? DEVICE_RANK) - (ranks.get(right) ?? DEVICE_RANK);
  if (difference !== 0 || left === right) return difference;
  return left < right ? -1 : 1;
}

export function isListed(place: TablePlace): boolean {
  return isMachinePlace(place) ? PLACES[place].listed : true;
}

export function isTablePlace(place: string): place is TablePlace {
  return isMachinePlace(place) || /^device:./.test(place);
}
