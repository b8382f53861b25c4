export {
  QOM,
  type Qom,
  type QomLeaf,
  type QomObject,
  type QomProperty,
  type QomType,
  type QomTypes,
} from "./contract.ts";
export { qomErrors } from "./errors.ts";
export * from "./help.ts";
export { descriptionOf, tableProperties, valueOf } from "./table-properties.ts";
