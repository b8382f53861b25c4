import { expect, test } from "vitest";
import { CLOCK, COMMANDS, type JsonObject, type Machine } from "backplane";
import { withMachine } from "backplane/kit";
import { INPUT, type InputEvent, type InputKind } from "backplane/plugins/input/contract";
import input from "../../../plugins/input/index.ts";

const run = async (machine: Machine, name: string, args: JsonObject) =>
  machine
    .service(COMMANDS)
    .find(name)
    ?.run(args, { id: "t", onClose: () => ({ dispose: () => undefined }) });

const listen = (machine: Machine, kinds: readonly InputKind[]) => {
  const seen: (InputEvent | "sync")[] = [];
  const registration = machine.service(INPUT).add({
    name: "test",
    kinds,
    event: (event) => seen.push(event),
    sync: () => seen.push("sync"),
  });
  return { seen, registration };
};

test("whoever was activated last gets what it understands", () =>
  withMachine({ with: [input] }, async (machine) => {
    const first = listen(machine, ["key"]);
    const second = listen(machine, ["key", "btn"]);
    second.registration.activate();
    machine.cont();
    await run(machine, "input-send-event", {
      events: [{ type: "key", data: { key: { type: "number", data: 30 }, down: true } }],
    });
    expect(second.seen).toEqual([{ kind: "key", key: "a", down: true }, "sync"]);
    second.registration.deactivate();
    await run(machine, "input-send-event", {
      events: [{ type: "key", data: { key: { type: "qcode", data: "b" }, down: true } }],
    });
    expect(first.seen).toEqual([{ kind: "key", key: "b", down: true }, "sync"]);
  }));

test("events are for guests that run", () =>
  withMachine({ with: [input] }, async (machine) => {
    listen(machine, ["key"]);
    await expect(run(machine, "input-send-event", { events: [] })).rejects.toThrow("VM not running");
    await expect(run(machine, "input-send-event", { device: "vga", events: [] })).rejects.toThrow(
      "Device 'vga' not found",
    );
  }));

test("keys are pressed in order, and let go in reverse", () =>
  withMachine({ with: [input] }, async (machine) => {
    const { seen } = listen(machine, ["key"]);
    machine.cont();
    await run(machine, "send-key", {
      keys: [
        { type: "qcode", data: "ctrl" },
        { type: "qcode", data: "x" },
      ],
      "hold-time": 10,
    });
    machine.service(CLOCK).advance(100_000_000);
    const keys = seen.flatMap((event) =>
      event !== "sync" && event.kind === "key" ? [`${event.key}${event.down ? "+" : "-"}`] : [],
    );
    expect(keys).toEqual(["ctrl+", "x+", "x-", "ctrl-"]);
  }));
