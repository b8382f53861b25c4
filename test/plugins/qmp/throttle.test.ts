import { EVENTS, q, type Disposable, type JsonObject } from "backplane";
import { withMachine } from "backplane/kit";
import { describe, expect, test } from "vitest";
import { EventThrottle } from "../../../plugins/qmp/throttle.ts";
import { monitorPlugins, TestClient } from "./client.ts";

/** Time that the test moves. */
class TestTime {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  after = (milliseconds: number, callback: () => void): Disposable => {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    return { dispose: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  };

  get waiting(): number {
    return this.#timers.length;
  }

  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }
}

function throttle(): { time: TestTime; told: JsonObject[]; emit: (value: number, who?: string) => void } {
  const time = new TestTime();
  const told: JsonObject[] = [];
  const subject = new EventThrottle(time.after, (event) => told.push(event));
  const limit = { milliseconds: 1000, by: "who" };
  return {
    time,
    told,
    emit: (value, who = "a") => subject.emit("X", { value }, { who }, limit),
  };
}

describe("a limited event", () => {
  test("is told at once, and then only the latest of each period", () => {
    const { time, told, emit } = throttle();
    emit(1);
    emit(2);
    emit(3);
    expect(told).toEqual([{ value: 1 }]);
    time.pass(999);
    emit(4);
    expect(told).toHaveLength(1);
    time.pass(1);
    expect(told).toEqual([{ value: 1 }, { value: 4 }]);
    emit(5);
    time.pass(1000);
    expect(told.at(-1)).toEqual({ value: 5 });
  });

  test("is told at once again when a period has passed without one", () => {
    const { time, told, emit } = throttle();
    emit(1);
    time.pass(1000);
    expect(time.waiting).toBe(0);
    emit(2);
    expect(told).toEqual([{ value: 1 }, { value: 2 }]);
  });

  test("does not hold up those of another subject", () => {
    const { time, told, emit } = throttle();
    emit(1, "a");
    emit(2, "b");
    emit(3, "a");
    expect(told).toEqual([{ value: 1 }, { value: 2 }]);
    time.pass(1000);
    expect(told).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
  });
});

test("events go to monitors within the limits that they declare", () =>
  withMachine({ with: monitorPlugins }, (machine) => {
    const events = machine.service(EVENTS);
    const data = q.struct("Test", { at: q.int });
    events.declare({ name: "LIMITED", summary: "", data, rateLimit: { milliseconds: 3_600_000 } });
    events.declare({ name: "FREE", summary: "", data });
    const client = new TestClient(machine);
    client.negotiate();
    for (const at of [1, 2]) {
      events.emit("LIMITED", { at });
      events.emit("FREE", { at });
    }
    expect(client.take()).toEqual([
      '{"event": "LIMITED", "data": {"at": 1}}',
      '{"event": "FREE", "data": {"at": 1}}',
      '{"event": "FREE", "data": {"at": 2}}',
    ]);
  }));
