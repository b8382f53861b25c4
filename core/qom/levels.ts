import { hashOrder } from "../hash-order.ts";
import type { QomProperty, QomType } from "./contract.ts";

/** A type with all that it descends from, the root first. */
export function ancestry(find: (name: string) => QomType | undefined, name: string): readonly QomType[] {
  const line: QomType[] = [];
  for (let type = find(name); type !== undefined; type = find(type.parent ?? "")) line.unshift(type);
  return line;
}

/**
 * Properties in the order in which monitors list them: those of the root of the types first; what one type has, in the
 * order of the peer's tables. `valued` are the object's own, with their values; they stand where their type says.
 */
export function inLevels(line: readonly QomType[], valued: readonly QomProperty[] = []): readonly QomProperty[] {
  const rest = new Map(valued.map((property) => [property.name, property]));
  const known = new Set<string>();
  const result: QomProperty[] = [];
  const own = line.at(-1)?.ownProperties?.() ?? [];
  const levels = line.map((type) => type.properties?.() ?? []);
  if (own.length > 0) levels.push(own);
  for (const [depth, properties] of levels.entries()) {
    const level = new Map<string, QomProperty>();
    for (const property of properties) {
      if (known.has(property.name)) continue;
      level.set(property.name, rest.get(property.name) ?? property);
      rest.delete(property.name);
    }
    if (depth === levels.length - 1) for (const [name, property] of rest) level.set(name, property);
    for (const name of hashOrder([...level.keys()]).toReversed()) {
      const property = level.get(name);
      if (property !== undefined) result.push(property);
      known.add(name);
    }
  }
  return result;
}
