/** A command line whose outcome is captured. `{dir}` stands for the folder that holds the files of `cliFiles`. */
export interface CliCase {
  readonly name: string;
  readonly args: readonly string[];
}

/** Cases of one subject: a name and the words after `prefix`, separated by blanks. */
export function lines(subject: string, prefix: string, cases: Readonly<Record<string, string>>): CliCase[] {
  return Object.entries(cases).map(([name, words]) => ({
    name: `${subject}-${name}`,
    args: `${prefix} ${words}`.split(" ").filter((word) => word !== ""),
  }));
}

export const Q35 = "-machine q35,accel=tcg -nodefaults -display none -serial none";
