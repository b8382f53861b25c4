import { describe, expect, test } from "vitest";
import type { LogRecord, Machine, Untold } from "backplane";
import { withMachine, type TestMachineOptions } from "./machine.ts";

/** A story in which one kind of notification matters. */
export interface UntoldStory {
  readonly subscriber: string;
  readonly kind: Untold["kind"];
  /** What breaks, as the manifest says it. */
  readonly breaks: string;
  /** Made anew for each telling. */
  readonly machine: () => TestMachineOptions;
  /** Makes it happen, and fails (an assertion, an error) when the subscriber did not do its part. */
  readonly story: (machine: Machine, log: readonly LogRecord[]) => Promise<void> | void;
}

/**
 * Answers for one callback what breaks when nobody is told: tells the story with the callback, where it must end well,
 * and without it, where it must not.
 */
export function describeUntold({ subscriber, kind, breaks, machine, story }: UntoldStory): void {
  describe(`${subscriber} without '${kind}': ${breaks}`, () => {
    test("told, all is well", () => withMachine(machine(), story));

    test("untold, it breaks", async () => {
      const untold = [{ subscriber, kind }];
      await expect(withMachine({ ...machine(), untold }, story), "nothing broke").rejects.toThrow();
    });
  });
}
