// Somebody else's KVM in place of the model, and what a machine does that has neither.
import { expect, test } from "vitest";
import { definePlugin, HOST_ADDRESS_SPACE, HOST_RESOURCES, MACHINE_CONTROL, QOM, RAM_DISCARD } from "backplane";
import { withMachine } from "backplane/kit";
import { KVM_HOSTS } from "backplane/plugins/sev/contract";
import nvmm from "../../../plugins/nvmm/index.ts";
import { ModelKvmHost } from "../../../plugins/sev/late/model-kvm-host.ts";
import { encrypted, run } from "./encrypted-machine.ts";
import { ovmfImage, withFile } from "./ovmf-image.ts";

const otherKvm = definePlugin({
  id: "other-kvm",
  apiVersion: 1,
  summary: "a KVM of a third party",
  provides: [KVM_HOSTS],
  attach(machine) {
    const addresses = machine.use(HOST_ADDRESS_SPACE);
    const resources = machine.use(HOST_RESOURCES);
    machine.provideValue(KVM_HOSTS, {
      open: () => new ModelKvmHost({ options: { apiMajor: 9, seed: "x" }, faults: [], addresses, resources }),
    });
  },
});

test("a third party's KVM is taken where there is one", () =>
  withMachine({ ...encrypted({ sev: { host: undefined } }), with: [otherKvm] }, async (machine) => {
    expect(await run(machine, "query-sev")).toMatchObject({ "api-major": 9, state: "launch-secret" });
  }));

test.each([
  ["modelled", { sev: {} }, []],
  ["of a third party", { sev: { host: undefined } }, [otherKvm]],
])("a machine has one hypervisor: NetBSD's and a KVM that is %s are two", async (_whose, options, plugins) => {
  await expect(withMachine({ ...encrypted(options), with: [...plugins, nvmm] }, () => undefined)).rejects.toThrow(
    "nvmm and sev.host (KVM) are both in this machine",
  );
});

test("NetBSD's hypervisor alone has no guests that are encrypted", async () => {
  const options = { ...encrypted({ sev: { host: undefined } }), with: [nvmm] };
  await expect(withMachine(options, () => undefined)).rejects.toThrow(
    "accelerator does not support confidential guest sev-guest",
  );
});

test("a guest whose registers are encrypted cannot be reset: the machine ends", () =>
  withFile(ovmfImage({ reset: 0x80b004 }), (firmware) =>
    withMachine(encrypted({ guest: { policy: 5 }, sev: { firmware } }), (machine, log) => {
      machine.service(MACHINE_CONTROL).cont();
      machine.reset("host-qmp-system-reset");
      expect(machine.leaving).toBe("host-qmp-system-reset");
      expect(log.map(({ message }) => message)).toContain("cpus are not resettable, terminating");
    }),
  ));

test("a guest of which only memory is encrypted can", () =>
  withMachine(encrypted(), (machine) => {
    machine.service(MACHINE_CONTROL).cont();
    machine.reset("host-qmp-system-reset");
    expect(machine.leaving).toBeUndefined();
  }));

test("who lives from giving memory back keeps an encrypted guest from starting", async () => {
  const balloon = definePlugin({
    id: "giver",
    apiVersion: 1,
    summary: "requires that memory may be given back",
    attach(machine) {
      machine.own(machine.use(RAM_DISCARD).require("giver"));
    },
  });
  await expect(withMachine({ ...encrypted(), with: [balloon] }, () => undefined)).rejects.toThrow(
    "sev_kvm_init: cannot disable RAM discard",
  );
});

test("an object that monitors choose later was never launched", () =>
  withMachine(
    encrypted({ objects: [{ type: "sev-guest", id: "sev1", properties: { "reduced-phys-bits": 1, policy: 9 } }] }),
    async (machine) => {
      const property = machine.service(QOM).resolve("/machine").property("confidential-guest-support");
      property?.set?.("/objects/sev1");
      expect(property?.get?.()).toBe("/objects/sev1");
      expect(await run(machine, "query-sev")).toMatchObject({ state: "uninit", policy: 9, "api-major": 0 });
      await expect(run(machine, "query-sev-launch-measure")).rejects.toThrow("not available");
      property?.set?.("sev0");
      expect(await run(machine, "query-sev")).toMatchObject({ state: "launch-secret", policy: 1 });
    },
  ));
