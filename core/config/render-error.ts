import type { BackplaneError, Origin } from "../errors.ts";

/**
 * The text of an error for a person: `file:line:col: error: path: message`, the source line and a caret where it came
 * from a file; `program: -device x: message`, as the peer writes it, where it came from a command line.
 */
export function renderError(error: BackplaneError, program: string, cwd?: string): string {
  const origin = resolveOrigin(error);
  const hints = error.hints.map((hint) => `\n${hint}`).join("");
  // The peer's hints speak of its command line.
  const advice = error.advice === undefined ? hints : `\n${error.advice}`;
  if (origin === undefined) return `${program}: ${prefix(error)}${error.message}${advice}`;
  if (origin.kind === "command-line") return `${program}: ${origin.text}: ${error.message}${hints}`;
  const file = cwd !== undefined && origin.file.startsWith(`${cwd}/`) ? origin.file.slice(cwd.length + 1) : origin.file;
  const at = origin.path === "" || error.message.startsWith(`${origin.path}: `) ? "" : `${origin.path}: `;
  const position = origin.line === 0 ? "" : `:${origin.line}:${origin.column}`;
  const place = `${file}${position}: error: ${at}${error.message}`;
  if (origin.sourceLine === "") return place + advice;
  const gutter = String(origin.line);
  const caret = `${" ".repeat(gutter.length)} | ${origin.sourceLine.slice(0, origin.column - 1).replaceAll(/[^\t]/g, " ")}^`;
  return `${place}\n${gutter} | ${origin.sourceLine}\n${caret}${advice}`;
}

function prefix(error: BackplaneError): string {
  return error.plugin === undefined ? "" : `${error.plugin}: `;
}

function resolveOrigin(error: BackplaneError): Origin | undefined {
  const { origin } = error;
  return origin?.kind === "file" && origin.locate !== undefined && error.path.length > 0
    ? origin.locate(error.path)
    : origin;
}
