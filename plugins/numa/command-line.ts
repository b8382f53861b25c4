import { asBackplaneError, type CommandLineOption } from "backplane";
import { readNumaPairs } from "./option.ts";

/**
 * The peer reads these options one by one, when the objects exist: what it complains of first depends on it, so all
 * that is done here is to keep them.
 */
export const numaCommandLine: readonly CommandLineOption[] = [
  {
    name: "numa",
    argument: "keyval",
    implied: "type",
    help: `-numa node[,memdev=id][,cpus=firstcpu[-lastcpu]][,nodeid=node][,initiator=node]
-numa dist,src=source,dst=destination,val=distance
-numa cpu,node-id=node[,socket-id=x][,core-id=y][,thread-id=z]
-numa hmat-lb,initiator=node,target=node,hierarchy=memory|first-level|second-level|third-level,data-type=access-latency|read-latency|write-latency[,latency=lat][,bandwidth=bw]
-numa hmat-cache,node-id=node,size=size,level=level[,associativity=none|direct|complex][,policy=none|write-back|write-through][,line=size]`,
    // A machine without NUMA refuses the first, once it can be read.
    checkUnused([first]) {
      if (first === undefined) return;
      try {
        readNumaPairs(first.pairs);
      } catch (failure) {
        throw asBackplaneError(failure).from({ kind: "command-line", text: first.text });
      }
    },
    toOptions: (occurrences) => ({
      commandLine: occurrences.map(({ text, pairs }) => ({
        text,
        pairs: pairs.map(({ key, value }) => ({
          key,
          value: typeof value === "string" ? value : JSON.stringify(value),
        })),
      })),
    }),
  },
];
