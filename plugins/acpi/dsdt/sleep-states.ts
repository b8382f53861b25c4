// Sleep type values: ACPI 6.5 §7.4.2. A system learns from their presence which states there are.
import { type AmlNode, Name, Package, Scope } from "../aml/index.ts";

export interface SleepStateFacts {
  readonly s3: boolean;
  /** What is written to enter S4; absent when S4 is disabled. */
  readonly s4Type?: number;
}

const S3_TYPE = 1;
const S5_TYPE = 0;

/** Both control registers' values and two reserved elements. */
const sleepTypes = (type: number): AmlNode => Package([type, type, 0, 0]);

export function sleepStates({ s3, s4Type }: SleepStateFacts): readonly AmlNode[] {
  return [
    Scope(
      "\\",
      ...(s3 ? [Name("_S3", sleepTypes(S3_TYPE))] : []),
      ...(s4Type === undefined ? [] : [Name("_S4", sleepTypes(s4Type))]),
      Name("_S5", sleepTypes(S5_TYPE)),
    ),
  ];
}
