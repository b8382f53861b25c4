export { ACTIONS, type Actions, type ActionValues } from "./actions.ts";
export { BUSES, type Bus, type BusPlace, type Buses } from "./bus.ts";
export { CLOCK, type Clock, type ClockTimer, type TimeSource, type VirtualTime } from "./clock.ts";
export * from "./component.ts";
export { machineErrors } from "./errors.ts";
export { GLOBALS, type Globals, type GlobalProperty } from "./globals.ts";
export { type DeviceGpio, GpioPins, type OutputPin, type PinList, type PinObserver } from "./gpio.ts";
export { GUEST, type Guest, type GuestPosition, type GuestProgress } from "./guest.ts";
export { isIdentifier } from "./identifier.ts";
export { UNCONNECTED, type IrqLine } from "./irq.ts";
export { LIFECYCLE, type Lifecycle, type LifecyclePhase } from "./lifecycle.ts";
export { CORE_TOKENS, Machine, type MachineOptions } from "./machine.ts";
export { MACHINE_CONTROL, type MachineControl, type ShutdownReason } from "./machine-control.ts";
export {
  defineMachineType,
  type CompatibilityValue,
  type MachineQuirk,
  MACHINE,
  type BoardDevice,
  type MachineInfo,
  type MachineProperties,
  type MachineType,
} from "./machine-type.ts";
export * from "./property.ts";
export { POWER, type Power, type WakeupReason } from "./power.ts";
export { RESETS, type ResetReason, type Resets } from "./reset.ts";
export { RUN_STATES, type RunState, type RunStateChange, type RunStates } from "./run-state.ts";
