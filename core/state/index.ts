export * from "./description.ts";
export { fieldsOf, type FieldsOf } from "./fields.ts";
export {
  DEVICE_STATES,
  type CapturedSection,
  type DescriptionSource,
  type DeviceSection,
  type DeviceStates,
  type SectionIdentity,
  type StateSection,
} from "./sections.ts";
