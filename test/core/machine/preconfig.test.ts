import {
  defineMachineType,
  definePlugin,
  LIFECYCLE,
  Machine,
  MACHINE_CONTROL,
  type MachineControl,
  type MachineDefinition,
} from "backplane";
import { emptyMachineType, testDefinition } from "backplane/kit";
import { expect, test } from "vitest";

interface Pause {
  readonly machine: Promise<Machine>;
  /** As commands reach the machine while nobody has it yet. */
  readonly exit: () => Promise<unknown>;
  readonly quit: () => unknown;
  readonly phases: readonly string[];
}

/** A machine that waits to be built. */
async function pausing(parts: Partial<MachineDefinition>, board: () => void = () => undefined): Promise<Pause> {
  const phases: string[] = [];
  let control: MachineControl | undefined;
  let started: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (started = resolve));
  const watcher = definePlugin({
    id: "watcher",
    apiVersion: 1,
    summary: "Tells of phases",
    attach(machine) {
      control = machine.use(MACHINE_CONTROL);
      const lifecycle = machine.use(LIFECYCLE);
      for (const phase of ["objects", "board", "devices", "done"] as const) {
        machine.own(lifecycle.on(phase, () => void phases.push(phase)));
      }
      machine.own(lifecycle.on("board", board));
      machine.own(
        lifecycle.onStart(async () => {
          phases.push("start");
          started();
        }),
      );
    },
  });
  const type = defineMachineType({ ...emptyMachineType, plugins: [watcher] });
  const machine = Machine.create(testDefinition({ preconfig: true, ...parts }), { types: [type] });
  machine.catch(() => undefined);
  await Promise.race([reached, machine]);
  const known = (): MachineControl => {
    if (control === undefined) throw new Error("the machine was not seen");
    return control;
  };
  return { machine, exit: () => known().exitPreconfig(), quit: () => known().quit("host-qmp-quit"), phases };
}

test("monitors start behind the objects, and the rest is built when the pause is over", async () => {
  const pause = await pausing({ paused: false });
  expect(pause.phases).toEqual(["objects", "start"]);
  await pause.exit();
  const machine = await pause.machine;
  expect(pause.phases).toEqual(["objects", "start", "board", "devices", "done"]);
  await expect(machine.exitPreconfig()).rejects.toMatchObject({ code: "PRECONFIG_OVER" });
  await machine.dispose();
});

test("a fault of the build is told to whoever makes the machine", async () => {
  const pause = await pausing({}, () => {
    throw new Error("the board is on fire");
  });
  void pause.exit();
  await expect(pause.machine).rejects.toThrow("the board is on fire");
});

test("a machine that is ended during the pause is never built", async () => {
  const pause = await pausing({});
  pause.quit();
  const machine = await pause.machine;
  expect([machine.leaving, pause.phases]).toEqual(["host-qmp-quit", ["objects", "start"]]);
  await machine.dispose();
});

test("without the pause there is nothing to end", async () => {
  const machine = await Machine.create(testDefinition(), { types: [emptyMachineType] });
  await expect(machine.exitPreconfig()).rejects.toMatchObject({ code: "PRECONFIG_OVER" });
  await machine.dispose();
});
