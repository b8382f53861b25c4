// The numbers are the peer's.
import { COMMANDS, type JsonObject, type Machine } from "backplane";
import { describe, expect, test } from "vitest";
import { withPlatform } from "../pc-memory/platform.ts";

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };
const ask = (machine: Machine, name: string, args: JsonObject = {}): unknown =>
  machine.service(COMMANDS).find(name)?.run(args, client);
const expand = async (machine: Machine, type: string, model: JsonObject): Promise<JsonObject> => {
  const answer = (await ask(machine, "query-cpu-model-expansion", { type, model })) as {
    model: { name: string; props: JsonObject };
  };
  return { name: answer.model.name, ...answer.model.props };
};

describe("models", () => {
  test("are told with their versions and what TCG lacks of them", () =>
    withPlatform({}, async (machine) => {
      const models = (await ask(machine, "query-cpu-definitions")) as JsonObject[];
      expect(models).toHaveLength(154);
      expect(models.find(({ name }) => name === "Haswell-noTSX")).toEqual({
        name: "Haswell-noTSX",
        typename: "Haswell-noTSX-x86_64-cpu",
        "unavailable-features": ["pcid", "tsc-deadline", "invpcid"],
        static: false,
        "migration-safe": true,
        deprecated: false,
        "alias-of": "Haswell-v2",
      });
    }));

  test("come to properties", () =>
    withPlatform({}, async (machine) => {
      const full = await expand(machine, "full", { name: "qemu64", props: { hle: true } });
      expect(full).toMatchObject({ name: "qemu64", lm: true, i64: true, hle: true, aes: false, family: 15, level: 13 });
      const plain = await expand(machine, "static", { name: "Haswell" });
      expect(plain).toMatchObject({ name: "base", "model-id": "Intel Core Processor (Haswell)", hle: true, rtm: true });
      expect(Object.keys(plain)).toHaveLength(391);
      await expect(expand(machine, "full", { name: "nosuch" })).rejects.toThrow("CPU model 'nosuch' not found");
      await expect(expand(machine, "full", { name: "max", props: { foo: true } })).rejects.toThrow(
        "Property 'max-x86_64-cpu.foo' not found",
      );
    }));
});
