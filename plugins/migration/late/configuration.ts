import type { ByteReader } from "../byte-reader.ts";
import { StateFault } from "../state-fault.ts";
import type { Assignment } from "../state-loader.ts";
import { nextSubsection } from "../subsection-head.ts";

/** Longer than the name of any machine type: what is longer is not looked at. */
const NAME_MAX = 256;

/** Checks that the stream is for a machine of this type. */
export function loadConfiguration(input: ByteReader, machine: string): Assignment[] {
  const length = part("len", () => input.u32());
  if (length > NAME_MAX) throw new StateFault("Failed to load configuration:len");
  const received = part("name", () => input.text(length));
  const subsection = nextSubsection(input);
  if (subsection?.startsWith("configuration/") === true) {
    throw new StateFault(`${subsection} is not supported`);
  }
  // As many characters are compared as the stream has.
  if (!machine.startsWith(received)) {
    throw new StateFault(`Machine type received is '${received}' and local is '${machine}'`);
  }
  return [];
}

function part<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (failure) {
    throw StateFault.of(failure).within(`Failed to load configuration:${name}`);
  }
}
