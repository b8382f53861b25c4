import { machineErrors, prop, type OptionValue, type Property, type ValueForm } from "backplane";

const LIMIT = 65536;

/** `3`, `0-2`, or a list of both; in JSON a list of numbers. `check` refuses numbers that make no sense. */
export function numberList(
  description: string | undefined,
  check: (number: number) => void = () => undefined,
): Property<readonly number[]> {
  const checked = (number: number): number => {
    // The peer has lost the name of the parameter by then.
    if (number < 0 || number >= LIMIT) throw machineErrors.PROPERTY_VALUE("null", "uint16_t");
    check(number);
    return number;
  };
  const parse = (value: OptionValue, name: string, form: ValueForm | undefined): number[] => {
    if (Array.isArray(value)) {
      return value.flatMap((item: OptionValue, at) =>
        form === "json" ? [checked(jsonNumber(item, `${name}[${at}]`))] : parse(item, name, form),
      );
    }
    if (form === "json") throw machineErrors.PROPERTY_TYPE(name, "array");
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return [checked(value)];
    const range = typeof value === "string" ? /^(\d+)(?:-(\d+))?$/.exec(value) : null;
    const first = Number(range?.[1] ?? Number.NaN);
    const last = Number(range?.[2] ?? first);
    if (!(first <= last)) throw machineErrors.PROPERTY_VALUE(name, "a uint64 value or range");
    const numbers: number[] = [];
    // The first that makes no sense ends it.
    for (let number = first; number <= last; number++) numbers.push(checked(number));
    return numbers;
  };
  return prop.custom<readonly number[]>({
    type: "int",
    default: [],
    ...(description === undefined ? {} : { description }),
    format: (numbers) => numbers ?? [],
    parse: (value, name, _owner, form) => parse(value, name, form),
  });
}

function jsonNumber(value: OptionValue, name: string): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw machineErrors.PROPERTY_VALUE(name, "uint64");
}
