import { PEER_VERSION } from "backplane";

/** Somebody wants to know the kinds of objects or machines; whoever can make a machine answers. */
export class HelpWanted extends Error {
  override readonly name = "HelpWanted";
  readonly subject: "options" | "object" | "machine" | "cpu";
  /** `help`, or the type whose properties are wanted. */
  readonly type: string | undefined;

  constructor(subject: "options" | "object" | "machine" | "cpu", type: string | undefined) {
    super(`help on ${subject}`);
    this.subject = subject;
    this.type = type;
  }
}

export function versionText(): string {
  const { qemu, package: packaged, copyright } = PEER_VERSION;
  return `QEMU emulator version ${qemu.major}.${qemu.minor}.${qemu.micro} (${packaged})\n${copyright}\n`;
}
