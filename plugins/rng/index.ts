import { definePlugin, QOM, USER_OBJECTS, type QomType } from "backplane";
import { BuiltinRandom, builtinType } from "./builtin.ts";
import { RANDOM_SOURCES } from "./contract.ts";
import { FileRandom, fileType } from "./file.ts";
import { ObjectRandomSources } from "./sources.ts";

const BACKEND_TYPE: QomType = {
  name: "rng-backend",
  parent: "object",
  abstract: true,
  interfaces: ["user-creatable"],
  properties: () => [{ name: "opened", type: "bool" }],
};

export default definePlugin({
  id: "rng",
  apiVersion: 1,
  summary: "random bytes that the host's user provides: rng-builtin and rng-random",
  provides: [RANDOM_SOURCES],
  attach(machine) {
    machine.provide(RANDOM_SOURCES, ObjectRandomSources);
    machine.own(machine.use(QOM).types.add([BACKEND_TYPE]));
    const objects = machine.use(USER_OBJECTS);
    machine.own(objects.register(builtinType, BuiltinRandom));
    machine.own(objects.register(fileType, FileRandom));
  },
});
