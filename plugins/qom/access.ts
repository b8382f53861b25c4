import { qomErrors, type JsonValue, type Qom, type QomObject, type QomProperty } from "backplane";

/** Reads a property. A path that leads to several objects leads nowhere here. */
export function readProperty(qom: Qom, path: string, name: string): JsonValue {
  const object = objectAt(qom, path);
  const property = propertyOf(object, name);
  if (property.get === undefined) throw qomErrors.QOM_NOT_READABLE(object.type, name);
  return property.get();
}

export function writeProperty(qom: Qom, path: string, name: string, value: JsonValue): void {
  const object = objectAt(qom, path);
  const property = propertyOf(object, name);
  if (property.set === undefined) throw qomErrors.QOM_NOT_WRITABLE(object.type, name);
  property.set(value);
}

export function objectAt(qom: Qom, path: string): QomObject {
  const object = qom.find(path);
  if (object === undefined) throw qomErrors.QOM_NOT_FOUND(path);
  return object;
}

export function propertyOf(object: QomObject, name: string): QomProperty {
  const property = object.property(name);
  if (property === undefined) throw qomErrors.QOM_PROPERTY_MISSING(object.type, name);
  return property;
}
