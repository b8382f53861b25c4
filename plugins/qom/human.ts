import { parseJson, writeJson, type Buses, type Disposable, type Qom } from "backplane";
import { h, type HumanCommands } from "backplane/plugins/hmp/contract";
import { propertyOf, objectAt, readProperty, writeProperty } from "./access.ts";
import { qomPluginErrors } from "./errors.ts";
import { qtreeText } from "./qtree.ts";
import { treeText } from "./tree-text.ts";

/** The human monitor's commands on the object tree. */
export function humanCommands(table: HumanCommands, qom: Qom, buses: Buses): Disposable[] {
  return [
    table.add({
      name: "info qtree",
      params: "[-b]",
      summary: "show the device tree, or (-b) only its names",
      arguments: { brief: h.flag("b") },
      run: ({ brief }) => qtreeText(buses, brief),
    }),
    table.add({
      name: "info qom-tree",
      params: "[path]",
      summary: "show the object tree",
      preconfig: true,
      arguments: { path: h.optional(h.text) },
      run: ({ path }) => objectTree(qom, path),
    }),
    table.add({
      name: "qom-list",
      params: "path",
      summary: "list an object's properties",
      preconfig: true,
      arguments: { path: h.optional(h.text) },
      run: ({ path }) => (path === undefined ? "/\n" : propertyList(qom, path)),
    }),
    table.add({
      name: "qom-get",
      params: "path property",
      summary: "print an object's property",
      preconfig: true,
      arguments: { path: h.text, property: h.text },
      run: ({ path, property }) => `${writeJson(readProperty(qom, path, property), true)}\n`,
    }),
    table.add({
      name: "qom-set",
      params: "[-j] path property value",
      summary: "set an object's property; -j: the value is JSON",
      preconfig: true,
      arguments: { json: h.flag("j"), path: h.text, property: h.text, value: h.rest },
      run: ({ json, path, property, value }) => {
        if (json) setJson(qom, path, property, value);
        else setText(qom, path, property, value);
        return "";
      },
    }),
  ];
}

function objectTree(qom: Qom, path: string | undefined): string {
  try {
    return treeText(qom.resolve(path ?? "/machine"));
  } catch {
    return `Path '${path ?? ""}' could not be resolved.\n`;
  }
}

function propertyList(qom: Qom, path: string): string {
  const properties = qom.resolve(path).properties();
  return properties.map(({ name, type }) => `${name} (${type})\n`).join("");
}

function setJson(qom: Qom, path: string, property: string, text: string): void {
  const message = parseJson(text);
  if ("error" in message) throw qomPluginErrors.VALUE_JSON(message.error);
  writeProperty(qom, path, property, message.value);
}

/** Text is read as the property's type has it. */
function setText(qom: Qom, path: string, name: string, text: string): void {
  const property = propertyOf(objectAt(qom, path), name);
  if (property.setText !== undefined) property.setText(text);
  else writeProperty(qom, path, name, text);
}
