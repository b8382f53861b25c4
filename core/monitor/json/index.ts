export { optionValues } from "./option-values.ts";
export { JsonDouble } from "./double.ts";
export { parseJson, JsonReader, type JsonMessage } from "./reader.ts";
export { writeJson } from "./writer.ts";
export { membersInOrder } from "./dictionary-order.ts";
