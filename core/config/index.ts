export type { CpuTopologyRequest, MachineDefinition } from "./definition.ts";
export { configErrors } from "./errors.ts";
export type { GuestAccess } from "./guest-access.ts";
export { renderError } from "./render-error.ts";
export type { ScenarioStep } from "./schema.ts";
export { formatSize, parseSize, requireSize } from "./size.ts";
export { suggest } from "./suggest.ts";
