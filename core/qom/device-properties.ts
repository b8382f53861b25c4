import type { DeviceContext } from "../machine/component.ts";
import type { IrqLine } from "../machine/irq.ts";
import type { Property, PropertyTable } from "../machine/property.ts";
import type { QomProperty } from "./contract.ts";
import { qomErrors } from "./errors.ts";
import { descriptionOf, legacyOf, valueOf } from "./table-properties.ts";

export interface DeviceFacts {
  readonly device: DeviceContext;
  /** The bus's path; empty for a device without one. */
  readonly bus: string;
  readonly isHotpluggable: boolean;
}

/** What a device shows because it is one, and what its type's table has. Its properties are settled by then. */
export function deviceProperties({ device, bus, isHotpluggable }: DeviceFacts): readonly QomProperty[] {
  const { type, properties } = device;
  const values: { readonly [name: string]: unknown } = properties;
  return [
    { name: "parent_bus", type: "link<bus>", get: () => bus },
    { name: "realized", type: "bool", get: () => true },
    { name: "hotplugged", type: "bool", get: () => device.hotplugged },
    { name: "hotpluggable", type: "bool", get: () => isHotpluggable },
    ...Object.entries(type.properties).flatMap(([name, property]) =>
      property.late === true ? [] : [settled(device, name, property, values[name]), ...legacyOf(name, property.type)],
    ),
  ];
}

/** Those that each device of the type gets by itself. */
export function lateProperties(device: DeviceContext): readonly QomProperty[] {
  const table: PropertyTable = device.type.properties;
  const values: { readonly [name: string]: unknown } = device.properties;
  const late: QomProperty[] = [];
  for (const name of Object.keys(table)) {
    const property = table[name];
    if (property?.late === true) late.push(settled(device, name, property, values[name]));
  }
  return late;
}

function settled(device: DeviceContext, name: string, property: Property<unknown>, value: unknown): QomProperty {
  return {
    name,
    type: property.type,
    description: descriptionOf(property),
    get: () => valueOf(property, value),
    set: () => {
      throw device.id === undefined
        ? qomErrors.QOM_REALIZED_ANONYMOUS(name, device.type.name)
        : qomErrors.QOM_REALIZED(name, device.id, device.type.name);
    },
    ...(property.show === undefined ? {} : { show: () => property.show?.(value) ?? "" }),
  };
}

/** The pins of a device: its inputs are objects, its outputs links to what they drive. */
export function* pins({ gpio }: DeviceContext): Iterable<{ name: string; type: string }> {
  for (const { name, inputs } of gpio.lists) {
    for (let pin = 0; pin < inputs.length; pin++) yield { name: `${name ?? "unnamed-gpio-in"}[${pin}]`, type: "irq" };
  }
}

/** Sysbus interrupts are listed whether they lead anywhere or not; of other outputs only those that do. */
const SYSTEM_BUS_LINES = "sysbus-irq";

/** The outputs of a device, as links to what they drive. `pathOf` knows the lines that stand in the tree. */
export function* outputLinks(
  { gpio }: DeviceContext,
  pathOf: (line: IrqLine) => string | undefined,
): Iterable<QomProperty> {
  for (const { name, outputs } of gpio.lists) {
    for (const [pin, { target }] of outputs.entries()) {
      const path = pathOf(target);
      if (path === undefined && name !== SYSTEM_BUS_LINES) continue;
      yield { name: `${name ?? "unnamed-gpio-out"}[${pin}]`, type: "link<irq>", get: () => path ?? "" };
    }
  }
}
