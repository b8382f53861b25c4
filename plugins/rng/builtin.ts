import { randomFill } from "node:crypto";
import { promisify } from "node:util";
import { inject, injectable, OBJECT, prop, type ObjectContext, type ObjectType } from "backplane";
import { RandomBackend } from "./backend.ts";

export const builtinType = {
  name: "rng-builtin",
  parent: "rng-backend",
  properties: { opened: prop.readonly("bool", true) },
} satisfies ObjectType;

/** The random numbers of this process. */
@injectable()
export class BuiltinRandom extends RandomBackend {
  constructor(@inject(OBJECT) context: ObjectContext<typeof builtinType.properties>) {
    super(context);
  }

  protected override produce(length: number): Promise<Uint8Array> {
    // Here and not above: what touches the module loads it, and few machines want random numbers.
    return promisify<Uint8Array, Uint8Array>(randomFill)(new Uint8Array(length));
  }
}
