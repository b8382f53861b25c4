import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../core/machine/clock.ts";

describe("VirtualClock", () => {
  test("fires each timer at its own instant, equal ones in order of registration", () => {
    const clock = new VirtualClock();
    const seen: [string, number][] = [];
    for (const [name, delay] of [
      ["b", 20],
      ["a", 10],
      ["c", 20],
    ] as const)
      clock.after(delay, () => seen.push([name, clock.now]));
    clock.advance(25);
    expect(seen).toEqual([
      ["a", 10],
      ["b", 20],
      ["c", 20],
    ]);
    expect(clock.now).toBe(25);
  });

  test("a timer set while another fires counts from that instant", () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    clock.after(10, () => clock.after(5, () => seen.push(clock.now)));
    clock.advance(20);
    expect(seen).toEqual([15]);
  });

  test("a disposed timer does not fire", () => {
    const clock = new VirtualClock();
    let fired = false;
    void clock.after(1, () => (fired = true)).dispose();
    clock.advance(2);
    expect(fired).toBe(false);
    expect(clock.nextDeadline).toBeUndefined();
  });

  property.prop([fc.array(fc.nat(1000)), fc.array(fc.nat(300))])("fires what a sorted list would", (delays, steps) => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (const delay of delays) clock.after(delay, () => fired.push(delay));
    // What is due at once fires with the next move, be it of nothing.
    for (const step of [...steps, 0]) clock.advance(step);
    const end = steps.reduce((sum, step) => sum + step, 0);
    expect(fired).toEqual(delays.filter((delay) => delay <= end).toSorted((a, b) => a - b));
  });
});
