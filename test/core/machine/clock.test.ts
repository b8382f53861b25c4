import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test, vi } from "vitest";
import { VirtualClock, type VirtualTime } from "../../../core/machine/clock.ts";

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

describe("a clock that the host moves", () => {
  const withFakeTime = (run: () => void): void => {
    vi.useFakeTimers({
      toFake: ["performance", "hrtime", "setTimeout", "clearTimeout", "setImmediate", "clearImmediate"],
    });
    try {
      run();
    } finally {
      vi.useRealTimers();
    }
  };

  test("stands while the machine does, and fires timers by itself while it runs", () =>
    withFakeTime(() => {
      const clock = new VirtualClock("host");
      const fired: number[] = [];
      clock.at(5_000_000 as VirtualTime, () => fired.push(clock.now));
      vi.advanceTimersByTime(100);
      expect([clock.now, fired]).toEqual([0, []]);
      clock.start();
      vi.advanceTimersByTime(4);
      expect([clock.now, fired]).toEqual([4_000_000, []]);
      vi.advanceTimersByTime(4);
      expect([clock.now, fired]).toEqual([8_000_000, [5_000_000]]);
      clock.stop();
      vi.advanceTimersByTime(100);
      expect(clock.now).toBe(8_000_000);
      expect(vi.getTimerCount()).toBe(0);
    }));

  test("does nothing while nothing is due", () =>
    withFakeTime(() => {
      const clock = new VirtualClock("host");
      clock.start();
      expect(vi.getTimerCount()).toBe(0);
      const timer = clock.timer(() => undefined);
      timer.arm(1e9 as VirtualTime);
      expect(vi.getTimerCount()).toBe(1);
      timer.cancel();
      vi.advanceTimersByTime(1000);
      expect(vi.getTimerCount()).toBe(0);
    }));

  test("a timer at megahertz leaves the others their turns", () =>
    withFakeTime(() => {
      const clock = new VirtualClock("host");
      let count = 0;
      const timer = clock.timer(() => {
        count++;
        timer.arm((clock.now + 100) as VirtualTime);
      });
      timer.arm(100 as VirtualTime);
      clock.start();
      vi.advanceTimersToNextTimer();
      const inOneTurn = count;
      expect(inOneTurn).toBeLessThanOrEqual(1000);
      vi.advanceTimersToNextTimer();
      expect(count).toBeGreaterThan(inOneTurn);
      clock.stop();
      vi.runAllTimers();
      expect(vi.getTimerCount()).toBe(0);
    }));

  test("what a guest spends does not move it", () =>
    withFakeTime(() => {
      const clock = new VirtualClock("host");
      clock.start();
      clock.spend(1e9);
      expect(clock.now).toBe(0);
      clock.stop();
    }));
});

describe("a clock that a client moves", () => {
  test("is moved while the machine stands, and what is due fires when it goes on", () => {
    vi.useFakeTimers({ toFake: ["setImmediate", "clearImmediate"] });
    try {
      const clock = new VirtualClock("client");
      const fired: number[] = [];
      clock.after(10, () => fired.push(clock.now));
      expect(clock.nextDeadline).toBeUndefined();
      clock.advance(20);
      expect([clock.now, fired]).toEqual([20, []]);
      clock.start();
      expect(clock.nextDeadline).toBe(10);
      vi.runAllTimers();
      expect(fired).toEqual([20]);
      clock.after(10, () => fired.push(clock.now));
      clock.advance(15);
      expect([clock.now, fired]).toEqual([35, [20, 30]]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a timer that is armed again and again", () => {
  test("keeps its last deadline only", () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const timer = clock.timer(() => fired.push(clock.now));
    timer.arm(10 as VirtualTime);
    timer.arm(20 as VirtualTime);
    expect(timer.deadline).toBe(20);
    clock.advance(30);
    timer.arm(35 as VirtualTime);
    timer.cancel();
    clock.advance(30);
    expect([fired, timer.deadline]).toEqual([[20], undefined]);
  });

  test("is passed over for guests that take no interrupts, if it brings nothing else", () => {
    const clock = new VirtualClock();
    clock.timer(() => undefined, "interrupts").arm(5 as VirtualTime);
    expect([clock.nextDeadlineFor(true), clock.nextDeadlineFor(false)]).toEqual([5, undefined]);
    clock.after(7, () => undefined);
    expect(clock.nextDeadlineFor(false)).toBe(7);
  });
});
