export * from "./contract.ts";
export { monitorErrors } from "./errors.ts";
export * from "./json/index.ts";
export * from "./schema.ts";
export { checkArguments, checkValue } from "./check.ts";
