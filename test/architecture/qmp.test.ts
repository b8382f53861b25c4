// docs/qmp.md says what a machine's monitors can be asked and what they tell. `npm run docs` writes the page.
import { COMMANDS, EVENTS, Machine } from "backplane";
import { expect, test } from "vitest";
import { machineTypes } from "../../machines/index.ts";
import { definitionOf } from "../machines/golden-machine.ts";
import { renderQmpPage } from "./qmp-page.ts";
import { sources } from "./sources.ts";

async function withMachine<T>(use: (machine: Machine) => T | Promise<T>): Promise<T> {
  const bare = definitionOf(["-M", "q35", "-nodefaults"]);
  const offers = machineTypes.find(({ name }) => name === bare.machine.type)?.offers ?? [];
  const offered = Object.fromEntries(offers.map(({ id }) => [id, { value: {} }]));
  const definition = { ...bare, options: { ...bare.options, ...offered } };
  const machine = await Machine.create(definition, { types: machineTypes });
  try {
    return await use(machine);
  } finally {
    await machine.dispose();
  }
}

test("docs/qmp.md is what commands and events declare", () =>
  withMachine(async (machine) => {
    const page = renderQmpPage(machine.service(COMMANDS).all(), machine.service(EVENTS).declared());
    await expect(page).toMatchFileSnapshot("../../docs/qmp.md");
  }));

test("every event that is told is declared", () =>
  withMachine((machine) => {
    const declared = new Set(
      machine
        .service(EVENTS)
        .declared()
        .map(({ name }) => name),
    );
    const told = sources("core", "plugins").flatMap(({ file, text }) =>
      [...text.matchAll(/\.emit\(\s*"([A-Z_]+)"/g)].map(([, name = ""]) => ({ file, name })),
    );
    expect(told.length).toBeGreaterThan(5);
    expect(told.filter(({ name }) => !declared.has(name))).toEqual([]);
  }));
