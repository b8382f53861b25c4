/** What an id may be: letters, digits, `-`, `.` and `_`, a letter first. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9\-._]*$/.test(text);
}
