import { accessSync, constants } from "node:fs";
import { hostErrorText, type BackplaneError } from "backplane";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { knownOption } from "./known-options.ts";
import { originOf, type Occurrence } from "./occurrence.ts";
import { OPTIONS, type OptionEntry } from "./options.ts";

interface Word {
  readonly occurrence: Occurrence;
  /** Undefined for a disk image, and for what QEMU has and we do not. */
  readonly entry: OptionEntry | undefined;
  readonly isPluginOption: boolean;
}

/** Reads the words of a command line, in order. Unknown options are found before the first has any effect. */
export function readArguments(draft: Draft, argv: readonly string[]): void {
  for (const { occurrence, entry, isPluginOption } of split(draft, argv)) {
    if (entry === undefined && !isPluginOption) throw unavailable(occurrence).from(originOf(occurrence));
    entry?.read(draft, occurrence);
    if (!isPluginOption) continue;
    const occurrences = draft.forPlugins.get(occurrence.name) ?? [];
    occurrences.push(occurrence);
    draft.forPlugins.set(occurrence.name, occurrences);
  }
}

/** What we do not have is told as such, unless it would not have worked in the peer either. */
function unavailable({ name, argument }: Occurrence): BackplaneError {
  if (name !== "") return commandLineErrors.OPTION_UNAVAILABLE();
  try {
    accessSync(argument, constants.R_OK);
  } catch (failure) {
    return commandLineErrors.OPTION_FILE_OPEN(argument, hostErrorText(failure));
  }
  return commandLineErrors.OPTION_VALUE_UNAVAILABLE("a disk image");
}

function split(draft: Draft, argv: readonly string[]): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (!word.startsWith("-")) {
      words.push({ occurrence: { name: "", text: word, argument: word }, entry: undefined, isPluginOption: false });
      continue;
    }
    const name = word.replace(/^--?/, "");
    const entry = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    const pluginOption = draft.pluginOptions.get(name)?.commandLine?.find((option) => option.name === name);
    const known =
      entry ?? (pluginOption === undefined ? knownOption(name) : { takesArgument: pluginOption.argument !== "none" });
    if (known === undefined) throw commandLineErrors.OPTION_UNKNOWN().from({ kind: "command-line", text: word });
    const argument = known.takesArgument ? argv[++at] : "";
    if (argument === undefined) throw commandLineErrors.OPTION_ARGUMENT().from({ kind: "command-line", text: word });
    const text = known.takesArgument ? `${word} ${argument}` : word;
    words.push({ occurrence: { name, text, argument }, entry, isPluginOption: pluginOption !== undefined });
  }
  return words;
}
