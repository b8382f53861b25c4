// Faults of a user: a command line with one option dropped, doubled or altered. Often it is still valid.
import type { Option, RandomMachine } from "./random-machine.ts";
import { Random } from "./random.ts";

const WRONG_VALUES = [
  "",
  "0",
  "-1",
  "1",
  "99999999999999999999",
  "on",
  "off",
  "x",
  "0x10",
  "1.5",
  "3G",
  "nosuch",
  "a b",
  "4096",
  "255",
];

/** Options whose wrong values would reach the host: files of other names, sockets. */
const HOST_KEYS = /^(?:mem-path|data|file|chardev|path|process)$/;

function replaceValue(random: Random, parts: string[]): void {
  const candidates = [...parts.keys()].filter((at) => {
    const [key = "", value] = (parts[at] ?? "").split("=");
    return value !== undefined && !HOST_KEYS.test(key);
  });
  if (candidates.length === 0) return;
  const at = random.pick(candidates);
  const [key = ""] = (parts[at] ?? "").split("=");
  parts[at] = `${key}=${random.pick(WRONG_VALUES)}`;
}

function alter(random: Random, [name, argument]: Option): Option {
  if (argument === undefined) return [name];
  const parts = argument.split(",");
  const at = random.between(0, parts.length - 1);
  switch (random.between(0, 5)) {
    case 0:
      parts.splice(at, 1);
      break;
    case 1:
      parts.push(parts[at] ?? "");
      break;
    case 2: {
      const [key = "", value] = (parts[at] ?? "").split("=");
      parts[at] = value === undefined ? `${key}x` : `${key}x=${value}`;
      break;
    }
    case 3:
      parts.push(random.pick(["nosuch=1", "nosuch", "id=again", "="]));
      break;
    default:
      replaceValue(random, parts);
  }
  return [name, parts.join(",")];
}

/** The machine of the seed with one fault. */
export function withFault(machine: RandomMachine): RandomMachine {
  const random = new Random(machine.seed + 0x10000);
  const options = [...machine.options];
  // What comes first keeps the machine small: without it the peer would have a display and a network.
  const at = random.between(
    options.findIndex(([name]) => name === "serial" || name === "nographic") + 1,
    options.length - 1,
  );
  const chosen = random.chance(0.15) ? 0 : at;
  const option = options[chosen];
  if (option === undefined) return machine;
  const kind = chosen === 0 ? 2 : random.between(0, 4);
  if (kind === 0) options.splice(chosen, 1);
  else if (kind === 1) options.splice(random.between(chosen, options.length), 0, option);
  else options[chosen] = alter(random, option);
  return { ...machine, options };
}
