// Tells what second-level tables map, and what of it is gone: the work that a guest's invalidation asks for where somebody
// keeps copies of translations (VT-d specification 4.1 §6.1, caching mode).
import { IOMMU_NONE, type IommuEvent, type IommuPermission } from "backplane";
import type { Shadow } from "./shadow.ts";
import { entryAt, isLastEntry, isUnreadable, pageSize } from "./second-level.ts";
import type { Translation } from "./translator.ts";
import type { RemappingUnit } from "./unit.ts";

const READ_WRITE = 0x3;

/** Entries that may be read for one write of a register: tables that name themselves have no end. */
export interface WalkBudget {
  left: number;
}

export interface WalkRequest {
  readonly unit: RemappingUnit;
  readonly translation: Translation;
  readonly shadow: Shadow;
  readonly budget: WalkBudget;
  /** Whether what is no longer mapped is told, or passed over. */
  readonly tellsUnmaps: boolean;
  tell(event: IommuEvent): void;
}

/** From `start` to `end`, as far as addresses reach. */
export function walkPages(request: WalkRequest, start: number, end: number): void {
  const { table, levels, limit } = request.translation;
  if (start < limit) walkTable(request, table, start, Math.min(end, limit), levels, READ_WRITE);
}

function walkTable(
  request: WalkRequest,
  table: number,
  start: number,
  end: number,
  level: number,
  inherited: number,
): void {
  const { tables, secondLevel } = request.unit;
  const size = pageSize(level);
  let next: number;
  for (let address = start; address < end; address = next) {
    const first = address - (address % size);
    next = first + size;
    if (--request.budget.left < 0) return;
    if (!tables.read(entryAt(table, address, level))) continue;
    const { low, high } = tables;
    if (isUnreadable(low, high) || secondLevel.isReserved(low, high, level)) continue;
    const permission = (inherited & low) as IommuPermission;
    const target = secondLevel.target(low, high);
    if (permission !== IOMMU_NONE && !isLastEntry(low, level)) {
      walkTable(request, target, address, Math.min(next, end), level - 1, permission);
    } else if (permission === IOMMU_NONE) unmap(request, first, level);
    else map(request, first, level, target, permission);
  }
}

function unmap(request: WalkRequest, address: number, level: number): void {
  const { shadow } = request;
  if (!request.tellsUnmaps || !shadow.has(address, level)) return;
  shadow.remove(address, address + pageSize(level));
  request.tell(event(request, "unmap", address, level, 0, IOMMU_NONE));
}

/** What changed without an unmapping in between is unmapped first: a host's table has no way to change a mapping. */
function map(
  request: WalkRequest,
  address: number,
  level: number,
  translated: number,
  permission: IommuPermission,
): void {
  const { shadow } = request;
  if (shadow.isMapped(address, level, translated, permission)) return;
  if (shadow.has(address, level)) {
    request.tell(event(request, "unmap", address, level, translated, IOMMU_NONE));
    shadow.remove(address, address + pageSize(level));
  }
  shadow.insert(address, level, { translated, permission });
  request.tell(event(request, "map", address, level, translated, permission));
}

function event(
  { unit }: WalkRequest,
  kind: "map" | "unmap",
  address: number,
  level: number,
  translated: number,
  permission: IommuPermission,
): IommuEvent {
  return { kind, target: unit.memory, address, translated, size: pageSize(level), permission };
}
