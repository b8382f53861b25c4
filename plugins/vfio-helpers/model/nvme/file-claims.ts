import { vfioErrors } from "../../errors.ts";

interface Claim {
  readonly who: string;
  readonly writes: boolean;
}

/** The file that a descriptor leads to, whatever it is called. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Which files of the host are namespaces of a definition. One that is written belongs to one. */
export class FileClaims {
  readonly #claims = new Map<string, Claim[]>();

  /** Throws what names both when another has the file, and one of them writes. */
  add(file: string, { dev, ino }: FileIdentity, claim: Claim): void {
    const identity = `${dev}:${ino}`;
    const others = this.#claims.get(identity) ?? [];
    const rival = others.find(({ writes }) => writes || claim.writes);
    if (rival !== undefined) throw vfioErrors.VFIO_MODEL_FILE_SHARED(file, rival.who, claim.who);
    this.#claims.set(identity, [...others, claim]);
  }
}
