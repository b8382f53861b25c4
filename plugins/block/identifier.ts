/** Letters, digits, `-`, `.`, `_`, beginning with a letter. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9._-]*$/.test(text);
}
