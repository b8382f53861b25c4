import { asBackplaneError, type CommandLineOption, type OptionValue } from "backplane";
import { UserFields } from "./user-fields.ts";

const textOf = (value: OptionValue): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Kept as they are: what they mean depends on those before. */
export const smbiosCommandLine: readonly CommandLineOption[] = [
  {
    name: "smbios",
    argument: "keyval",
    help: `-smbios file=binary
                load SMBIOS entry from binary file
-smbios type=0[,vendor=str][,version=str][,date=str][,release=%d.%d][,uefi=on|off]
                specify SMBIOS type 0 fields
-smbios type=1[,manufacturer=str][,product=str][,version=str][,serial=str][,sku=str][,family=str]
                specify SMBIOS type 1 fields
-smbios type=2[,manufacturer=str][,product=str][,version=str][,serial=str][,asset=str][,location=str]
                specify SMBIOS type 2 fields
-smbios type=3[,manufacturer=str][,version=str][,serial=str][,asset=str][,sku=str]
                specify SMBIOS type 3 fields
-smbios type=4[,sock_pfx=str][,manufacturer=str][,version=str][,serial=str][,asset=str][,part=str][,max-speed=%d][,current-speed=%d][,processor-family=%d][,processor-id=%d]
                specify SMBIOS type 4 fields
-smbios type=8[,external_reference=str][,internal_reference=str][,connector_type=%d][,port_type=%d]
                specify SMBIOS type 8 fields
-smbios type=11[,value=str][,path=filename]
                specify SMBIOS type 11 fields
-smbios type=17[,loc_pfx=str][,bank=str][,manufacturer=str][,serial=str][,asset=str][,part=str][,speed=%d]
                specify SMBIOS type 17 fields`,
    checkUnused(occurrences) {
      const fields = new UserFields();
      for (const { text, pairs } of occurrences) {
        try {
          fields.add(pairs.map(({ key, value }) => ({ key, value: textOf(value) })));
        } catch (failure) {
          throw asBackplaneError(failure).from({ kind: "command-line", text });
        }
      }
    },
    toOptions: (occurrences) => ({
      commandLine: occurrences.map(({ text, pairs }) => ({
        text,
        pairs: pairs.map(({ key, value }) => ({
          key,
          value: textOf(value),
        })),
      })),
    }),
  },
];
