import type { DeviceGpio, Devices } from "backplane";
import { rtcType } from "./rtc-device.ts";
import { pitType } from "./devices.ts";

/**
 * Where there are high precision timers, the interval timer and the clock lead to them, since two of them can take their
 * place: IA-PC HPET Specification 1.0a §2.4.1.
 */
export function connectLegacyTimers(devices: Devices, hpet: DeviceGpio | undefined): void {
  if (hpet === undefined) return;
  const { inputs = [], outputs = [] } = hpet.list(undefined) ?? {};
  const pinsOf = (driver: string) =>
    devices
      .all()
      .find(({ context }) => context.type.name === driver)
      ?.context.gpio.list(undefined);
  const timer = pinsOf(pitType.name);
  const clock = pinsOf(rtcType.name);
  if (inputs[0] !== undefined) timer?.outputs[0]?.connect(inputs[0]);
  if (inputs[1] !== undefined) clock?.outputs[0]?.connect(inputs[1]);
  if (timer?.inputs[0] !== undefined) outputs[0]?.connect(timer.inputs[0]);
}
