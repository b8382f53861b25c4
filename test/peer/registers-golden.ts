import { loadJson } from "./golden.ts";
import type { Access, RegisterCase } from "./cases/registers.ts";
import { Random } from "./random.ts";

export interface RegistersGolden {
  readonly peer: string;
  /** What each read of a case gave, in hexadecimal, in order. */
  readonly answers: { readonly [name: string]: string };
}

export function registersGolden(): RegistersGolden {
  return loadJson("registers.json") as unknown as RegistersGolden;
}

/** All accesses of a case. */
export function conversation(registerCase: RegisterCase): readonly Access[] {
  const { seed, steps, start = [] } = registerCase;
  const random = new Random(seed);
  return [...start, ...Array.from({ length: steps }, () => registerCase.step(random)).flat()];
}

export function describeAccess({ space, at, size, value }: Access): string {
  const verb = space === "io" ? (value === undefined ? "in" : "out") : value === undefined ? "read" : "write";
  const width = { 1: "b", 2: "w", 4: "l" }[size];
  return `${verb}${width} 0x${at.toString(16)}${value === undefined ? "" : ` 0x${value.toString(16)}`}`;
}
