export { BUSES, type Bus, type Buses } from "./bus.ts";
export { CLOCK, type Clock, type VirtualTime } from "./clock.ts";
export * from "./component.ts";
export { machineErrors } from "./errors.ts";
export type { GlobalProperty } from "./globals.ts";
export { GUEST, type Guest, type GuestProgress } from "./guest.ts";
export { isIdentifier } from "./identifier.ts";
export { UNCONNECTED, type IrqLine } from "./irq.ts";
export { LIFECYCLE, type Lifecycle, type LifecyclePhase } from "./lifecycle.ts";
export {
  CORE_TOKENS,
  Machine,
  MACHINE_CONTROL,
  type MachineControl,
  type MachineOptions,
  type ShutdownReason,
} from "./machine.ts";
export {
  defineMachineType,
  MACHINE,
  type MachineInfo,
  type MachineProperties,
  type MachineType,
} from "./machine-type.ts";
export * from "./property.ts";
export { RESETS, type ResetReason, type Resets } from "./reset.ts";
export { RUN_STATES, type RunState, type RunStateChange, type RunStates } from "./run-state.ts";
