// `wait: guest-halted`: a guest that halted by itself, and no other.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Machine, MACHINE_CONTROL, type JsonObject, type ScenarioStep } from "backplane";
import { readDefinition } from "backplane/config";
import { judgeHalt } from "../../cli/run/guest-halted.ts";
import { build } from "../../cli/run/run.ts";
import { runScenario } from "../../cli/run/scenario.ts";
import { machineTypes } from "../../machines/index.ts";

const q35 = { machine: "q35", memory: "16M" };
const HALTED: ScenarioStep = { wait: "guest-halted" };

/** A definition, in a file of its own. */
async function withFile<T>(value: JsonObject, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-halted-"));
  try {
    const file = path.join(folder, "machine.json");
    writeFileSync(file, JSON.stringify(value));
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the last of some steps comes to. */
const lastOf = (value: JsonObject, steps: readonly ScenarioStep[]) =>
  withFile(value, async (file) => {
    const { machine, lastError } = await build(file);
    try {
      const { outcomes } = await runScenario(machine, steps, { lastError });
      return outcomes.at(-1);
    } finally {
      await machine.dispose();
    }
  });

describe("a guest has halted by itself", () => {
  test("when it waits for what never comes", async () => {
    expect(await lastOf(q35, [{ qmp: "cont" }, HALTED])).toEqual({
      step: HALTED,
      title: "the guest has halted",
      ok: true,
    });
  });

  test.each([
    ["it switched itself off", "guest-shutdown"],
    ["it started over, and the machine ends with that", "guest-reset"],
  ] as const)("when %s", (_what, reason) =>
    withQ35((machine) => {
      machine.cont();
      machine.service(MACHINE_CONTROL).quit(reason);
      expect(judgeHalt(machine, () => undefined)).toEqual({ ok: true });
    }),
  );
});

describe("a guest has not halted by itself", () => {
  test("when it could not be launched: the machine's complaint is the reason", async () => {
    const encrypted = {
      machine: { type: "q35", "confidential-guest-support": "sev0" },
      memory: "256M",
      objects: [{ type: "sev-guest", id: "sev0", cbitpos: 51, "reduced-phys-bits": 1, policy: 3 }],
      sev: { host: {}, faults: [{ call: "launchFinish", nth: 1, errno: "EIO" }] },
    };
    expect(await lastOf(encrypted, [{ qmp: "cont" }, HALTED])).toMatchObject({
      ok: false,
      observed: {
        "run-state": "internal-error",
        why: expect.stringMatching(/^the machine failed: sev: sev_launch_finish: LAUNCH_FINISH ret=-5/) as string,
      },
    });
  });

  test("when it was never started, or was stopped", async () => {
    expect(await lastOf(q35, [HALTED])).toMatchObject({
      ok: false,
      observed: { "run-state": "prelaunch", why: "it has not been started" },
    });
    expect(await lastOf(q35, [{ qmp: "cont" }, { qmp: "stop" }, HALTED])).toMatchObject({
      ok: false,
      observed: { "run-state": "paused", why: "it was stopped" },
    });
  });

  test.each([
    ["guest-panicked", "it panicked"],
    ["watchdog", "its watchdog ran out"],
    ["io-error", "a drive failed: disk: no"],
    ["internal-error", "the machine failed: disk: no"],
  ] as const)("in the state %s", (state, why) =>
    withQ35((machine) => {
      machine.cont();
      machine.service(MACHINE_CONTROL).halt(state);
      expect(judgeHalt(machine, () => "disk: no")).toEqual({ ok: false, observed: { "run-state": state, why } });
    }),
  );

  test("when the machine was taken from it", () =>
    withQ35((machine) => {
      machine.cont();
      machine.service(MACHINE_CONTROL).quit("host-qmp-quit");
      expect(judgeHalt(machine, () => undefined)).toMatchObject({
        ok: false,
        observed: { why: "the machine ends: host-qmp-quit" },
      });
    }));

  test("where there is none", async () => {
    expect(await lastOf({ machine: "none", memory: "1M" }, [HALTED])).toMatchObject({
      ok: false,
      observed: "the machine has no guest",
    });
  });
});

const withQ35 = (use: (machine: Machine) => void): Promise<void> =>
  withFile(q35, async (file) => {
    const { definition } = await readDefinition(file, { plugins: [] });
    const machine = await Machine.create(definition, { types: machineTypes });
    try {
      use(machine);
    } finally {
      await machine.dispose();
    }
  });
