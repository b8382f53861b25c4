import {
  DEVICE,
  disposable,
  inject,
  injectable,
  prop,
  type Device,
  type DeviceContext,
  type Property,
} from "backplane";
import { vmgenidErrors } from "./errors.ts";
import { VMGENID_STATE, type VmgenidState } from "./state.ts";

const AUTOMATIC = "auto";
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const guid: Property<string> = {
  type: "str",
  default: AUTOMATIC,
  description: 'UUID (aka GUID) or "auto" for random value (default)',
  parse(value, name, owner, form) {
    const text = prop.string("").parse(value, name, owner, form);
    if (text !== AUTOMATIC && !GUID.test(text)) throw vmgenidErrors.VMGENID_GUID(name, text);
    return text.toLowerCase();
  },
};

export const VMGENID_DEVICE = { name: "vmgenid", category: "misc", hotpluggable: false, properties: { guid } } as const;

/** Tells a guest that it has been copied: its GUID is in guest memory, where the firmware put it. */
@injectable()
export class VmgenidDevice implements Device {
  readonly #context: DeviceContext<typeof VMGENID_DEVICE.properties>;
  readonly #state: VmgenidState;

  constructor(
    @inject(DEVICE) context: DeviceContext<typeof VMGENID_DEVICE.properties>,
    @inject(VMGENID_STATE) state: VmgenidState,
  ) {
    this.#context = context;
    this.#state = state;
  }

  realize(): void {
    const state = this.#state;
    if (state.guid !== undefined) throw vmgenidErrors.VMGENID_TWICE();
    const { guid: given } = this.#context.properties;
    state.guid = given === AUTOMATIC ? state.automatic() : given;
    this.#context.own(
      disposable(() => {
        state.guid = undefined;
      }),
    );
  }
}
