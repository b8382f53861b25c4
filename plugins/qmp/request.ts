import { membersInOrder, type JsonObject, type JsonValue } from "backplane";
import { qmpErrors } from "./errors.ts";

/** A client's message, checked for shape. */
export interface Request {
  readonly command: string;
  readonly outOfBand: boolean;
  readonly arguments: JsonObject;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  // Doubles that were told from integers are instances of a class; objects are plain.
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Whether a message is to be run out of band. One that also has `execute` is not; it is refused in its turn. */
export function isOutOfBand(message: JsonValue): boolean {
  return isObject(message) && Object.hasOwn(message, "exec-oob") && !Object.hasOwn(message, "execute");
}

/** The `id` that a reply repeats, of any type. */
export function idOf(message: JsonValue): JsonValue | undefined {
  return isObject(message) && Object.hasOwn(message, "id") ? message["id"] : undefined;
}

/** Throws what is wrong with the message; of several faults the one that the peer meets first. */
export function readRequest(message: JsonValue, allowsOutOfBand: boolean): Request {
  if (!isObject(message)) throw qmpErrors.QMP_NOT_OBJECT();
  let found: "execute" | "exec-oob" | undefined;
  for (const [name, value] of membersInOrder(message)) {
    if (name === "execute" || (name === "exec-oob" && allowsOutOfBand)) {
      if (typeof value !== "string") throw qmpErrors.QMP_MEMBER_TYPE(name, "a string");
      if (found !== undefined) throw qmpErrors.QMP_MEMBER_CLASH(name, found);
      found = name;
    } else if (name === "arguments") {
      if (!isObject(value)) throw qmpErrors.QMP_MEMBER_TYPE(name, "an object");
    } else if (name !== "id") throw qmpErrors.QMP_MEMBER_UNEXPECTED(name);
  }
  const command = found === undefined ? undefined : message[found];
  if (typeof command !== "string") throw qmpErrors.QMP_NO_COMMAND();
  const given = Object.hasOwn(message, "arguments") ? message["arguments"] : undefined;
  return { command, outOfBand: found === "exec-oob", arguments: isObject(given) ? given : {} };
}
