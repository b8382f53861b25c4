import { q, type Command } from "backplane";
import type { Ich9Service } from "./service.ts";

export function injectNmi(service: Ich9Service): Command {
  return {
    name: "inject-nmi",
    summary: "Sends the processors a non-maskable interrupt",
    arguments: q.none,
    result: q.none,
    run: () => service.injectNmi(),
  };
}
