import { defineErrors } from "backplane";

export const rngErrors = defineErrors({
  RNG_FILE_NAME: {
    text: () => "Parameter 'filename' expects a valid filename",
    help: "`rng-random` was given an empty file name.",
  },
  RNG_FILE_SETTLED: {
    text: () => "Property 'filename' can no longer be set",
    help: "`rng-random` has its file open; make another object for another file.",
  },
  RNG_FILE: {
    text: (file: string, reason: string) => `Could not open '${file}': ${reason}`,
    help: "The file that `rng-random` is to read from cannot be opened.",
  },
});
