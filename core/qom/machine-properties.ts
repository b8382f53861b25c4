import type { MachineType } from "../machine/machine-type.ts";
import type { OptionValue, Property } from "../machine/property.ts";
import type { JsonValue } from "../monitor/contract.ts";
import type { QomProperty, QomType } from "./contract.ts";
import { objectTypeName, valueOf } from "./table-properties.ts";

/** A machine's properties (`late`: those that are not its type's) with its values. As in the peer they can be set at any time; few are looked at again. */
export function machineObjectProperties(
  type: MachineType,
  values: { [name: string]: unknown },
  late = false,
): readonly QomProperty[] {
  const own = Object.entries(type.properties).filter(([, property]) => (property.late === true) === late);
  return own.map(([name, property]) => ({
    name,
    type: machineTypeName(property),
    description: property.description,
    get: () => valueOf(property, values[name]),
    set: (value) => {
      values[name] = property.parse(optionValue(value), name, `${type.name}-machine`, "json");
    },
    setText: (text) => {
      values[name] = property.parse(text, name, `${type.name}-machine`, "string");
    },
  }));
}

export function machineObjectType(type: MachineType): QomType {
  return {
    name: `${type.name}-machine`,
    parent: type.parent ?? "machine",
    properties: () =>
      Object.entries(type.properties)
        .filter(([, { late }]) => late !== true)
        .map(([name, property]) => ({
          name,
          type: machineTypeName(property),
          description: property.description,
        })),
  };
}

/** Machines have sizes; their texts are named as those of objects, but for an enumeration that is read as text. */
function machineTypeName({ type, choices }: Property<unknown>): string {
  return type === "size" || choices !== undefined ? type : objectTypeName(type);
}

function optionValue(value: JsonValue): OptionValue {
  return typeof value === "bigint" ? Number(value) : (value as OptionValue);
}
