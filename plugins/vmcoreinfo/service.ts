import type { Vmcoreinfo, VmcoreinfoNote } from "./contract.ts";
import type { VmcoreinfoFile } from "./file.ts";

export class VmcoreinfoService implements Vmcoreinfo {
  /** The device's, while there is one. */
  file: VmcoreinfoFile | undefined;

  get note(): VmcoreinfoNote | undefined {
    return this.file?.note;
  }
}
