import type { JsonObject } from "backplane";
import type { HumanCommand, HumanCommands } from "backplane/plugins/hmp/contract";

const SEV_NO_DEBUG = 0x1;
const SEV_NO_KEY_SHARING = 0x2;
const SNP_DEBUG = 0x80000n;
const SNP_SMT = 0x10000n;

const onOff = (on: boolean): string => (on ? "on" : "off");

/** `info sev`. */
export function infoSev(human: HumanCommands): HumanCommand {
  return {
    name: "info sev",
    summary: "whether the guest's memory is encrypted, and how far its launch is",
    needs: "query-sev",
    async run() {
      const reply = (await human.query("query-sev")) as JsonObject;
      return reply["enabled"] === true ? text(reply) : "SEV is not enabled\n";
    },
  };
}

function word(info: JsonObject, name: string): string {
  const value = info[name];
  return typeof value === "string" || typeof value === "number" ? `${value}` : "";
}

function text(info: JsonObject): string {
  const lines = [
    `SEV type: ${word(info, "sev-type")}`,
    `state: ${word(info, "state")}`,
    `build: ${word(info, "build-id")}`,
    `api version: ${word(info, "api-major")}.${word(info, "api-minor")}`,
    ...(info["sev-type"] === "sev-snp" ? snpPolicy(BigInt(info["snp-policy"] as number | bigint)) : sevPolicy(info)),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function snpPolicy(policy: bigint): string[] {
  return [`debug: ${onOff((policy & SNP_DEBUG) !== 0n)}`, `SMT allowed: ${onOff((policy & SNP_SMT) !== 0n)}`];
}

function sevPolicy(info: JsonObject): string[] {
  const policy = Number(info["policy"]);
  return [
    `handle: ${word(info, "handle")}`,
    `debug: ${onOff((policy & SEV_NO_DEBUG) === 0)}`,
    `key-sharing: ${onOff((policy & SEV_NO_KEY_SHARING) === 0)}`,
  ];
}
