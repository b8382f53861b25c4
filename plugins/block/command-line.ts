import type { CommandLineOption } from "backplane";

const shortHand = (name: string, help: string): CommandLineOption => ({
  name,
  argument: "text",
  help,
  toOptions: (occurrences) => {
    const last = occurrences.at(-1);
    return last === undefined ? {} : { [name]: { commandLine: last.text, file: last.argument } };
  },
});

export const blockCommandLine: readonly CommandLineOption[] = [
  {
    name: "blockdev",
    argument: "text",
    help: "-blockdev [driver=]driver[,node-name=N][,discard=ignore|unmap]\n          [,cache.direct=on|off][,cache.no-flush=on|off]\n          [,read-only=on|off][,auto-read-only=on|off]\n          [,force-share=on|off][,detect-zeroes=on|off|unmap]\n          [,driver specific parameters...]\n                configure a block backend",
    toOptions: (occurrences) => ({
      nodes: occurrences.map(({ text, argument }) => ({ commandLine: text, argument })),
    }),
  },
  {
    name: "drive",
    argument: "keyval",
    help: "-drive [file=file][,if=type][,bus=n][,unit=m][,media=d][,index=i]\n       [,cache=writethrough|writeback|none|directsync|unsafe][,format=f]\n       [,snapshot=on|off][,rerror=ignore|stop|report]\n       [,werror=ignore|stop|report|enospc][,id=name]\n       [,aio=threads|native|io_uring]\n       [,readonly=on|off][,copy-on-read=on|off]\n       [,discard=ignore|unmap][,detect-zeroes=on|off|unmap]\n                use 'file' as a drive image",
    toOptions: (occurrences) => ({
      drives: occurrences.map(({ text, pairs }) => ({
        ...Object.fromEntries(pairs.map(({ key, value }) => [key, value])),
        commandLine: text,
      })),
    }),
  },
  shortHand("hda", "-hda/-hdb file  use 'file' as hard disk 0/1 image"),
  shortHand("hdb", ""),
  shortHand("hdc", "-hdc/-hdd file  use 'file' as hard disk 2/3 image"),
  shortHand("hdd", ""),
  shortHand("cdrom", "-cdrom file     use 'file' as CD-ROM image"),
];
