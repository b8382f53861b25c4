import { q, type Command, type Devices, type ObjectSchema, type Qom } from "backplane";
import { readProperty, writeProperty } from "./access.ts";
import { deviceTypeProperties, listTypes, typeProperties } from "./types.ts";

const PROPERTY = q.struct("ObjectPropertyInfo", {
  name: q.str,
  type: q.str,
  "description?": q.str,
  "default-value?": q.any,
});
const TYPE = q.struct("ObjectTypeInfo", { name: q.str, "abstract?": q.bool, "parent?": q.str });

/** Commands that look at the object tree, and those that look at types. */
export function commands(add: <A extends ObjectSchema>(command: Command<A>) => void, qom: Qom, devices: Devices): void {
  add({
    name: "qom-list",
    summary: "The properties of an object, children among them",
    arguments: q.struct("q_obj_qom-list-arg", { path: q.str }),
    result: q.array(PROPERTY),
    preconfig: true,
    run: ({ path }) =>
      qom
        .resolve(path)
        .properties()
        .map(({ name, type }) => ({ name, type })),
  });
  add({
    name: "qom-get",
    summary: "The value of an object's property",
    arguments: q.struct("q_obj_qom-get-arg", { path: q.str, property: q.str }),
    result: q.any,
    preconfig: true,
    run: ({ path, property }) => readProperty(qom, path, property),
  });
  add({
    name: "qom-set",
    summary: "Sets an object's property",
    arguments: q.struct("q_obj_qom-set-arg", { path: q.str, property: q.str, value: q.any }),
    result: q.none,
    preconfig: true,
    run: ({ path, property, value }) => writeProperty(qom, path, property, value),
  });
  add({
    name: "qom-list-types",
    summary: "The types of objects, all of them or those that descend from one",
    arguments: q.struct("q_obj_qom-list-types-arg", { "implements?": q.str, "abstract?": q.bool }),
    result: q.array(TYPE),
    preconfig: true,
    run: ({ implements: ancestor, abstract = false }) => listTypes(qom, ancestor, abstract),
  });
  add({
    name: "qom-list-properties",
    summary: "The properties that objects of a type have",
    arguments: q.struct("q_obj_qom-list-properties-arg", { typename: q.str }),
    result: q.array(PROPERTY),
    preconfig: true,
    run: ({ typename }) => typeProperties(qom, devices, typename),
  });
  add({
    name: "device-list-properties",
    summary: "The properties that a device may be given",
    arguments: q.struct("q_obj_device-list-properties-arg", { typename: q.str }),
    result: q.array(PROPERTY),
    run: ({ typename }) => deviceTypeProperties(qom, devices, typename),
  });
}
