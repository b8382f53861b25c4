// Input devices: VirtIO 1.2 §5.8.
import {
  DEVICE,
  inject,
  injectable,
  prop,
  type Device,
  type DeviceContext,
  type DeviceType,
  type PropertyTable,
} from "backplane";
import {
  INPUT,
  linuxKeyCode,
  type Input,
  type InputEvent,
  type InputKind,
  type InputRegistration,
} from "backplane/plugins/input/contract";
import { pciProperties } from "backplane/plugins/pci/contract";
import {
  VIRTIO,
  type Virtio,
  type VirtioBackend,
  type VirtioCard,
  type VirtQueue,
  type VirtQueueElement,
} from "./contract.ts";
import { ABSOLUTE, BUTTON_CODES, InputConfig, INPUT_EVENT, RELATIVE, type InputModel } from "./input-config.ts";
import { backendType } from "./backend-device.ts";
import { virtioPciProperties, virtioProperties } from "./properties.ts";

const TYPE_INPUT = 18;
const QUEUE_SIZE = 64;
const EVENT_LENGTH = 8;
const VECTORS = 2;
const CLASS_ID: { readonly [M in InputModel]: number } = { keyboard: 0x0900, mouse: 0x0902, tablet: 0x0980 };
const KINDS: { readonly [M in InputModel]: readonly InputKind[] } = {
  keyboard: ["key"],
  mouse: ["btn", "rel"],
  tablet: ["btn", "abs"],
};

const common = {
  display: prop.string(undefined),
  head: prop.unsigned(32, 0),
  serial: prop.string(undefined),
};

export const inputCard = { vectors: prop.unsigned(32, VECTORS) } satisfies PropertyTable;

function inputType<const W extends PropertyTable>(model: InputModel, wheel: W) {
  return {
    name: `virtio-${model}-pci`,
    bus: "PCI",
    parent: `virtio-${model}-pci-base-type`,
    parts: { "virtio-backend": `child<virtio-${model}-device>` },
    category: "input",
    properties: {
      ...virtioPciProperties(inputCard),
      ...pciProperties,
      ...prop.inner({ ...wheel, ...common, ...virtioProperties }),
    },
  } satisfies DeviceType;
}

/** The device without its card. */
function inputBackend(model: InputModel, wheel: PropertyTable): DeviceType {
  const properties = { ...wheel, ...common, ...virtioProperties };
  return backendType(`virtio-${model}-device`, "virtio-input-hid-device", properties);
}

const wheelAxis = { "wheel-axis": prop.bool(true, { description: "on/off" }) };
export const inputTypes = {
  keyboard: inputType("keyboard", {}),
  mouse: inputType("mouse", wheelAxis),
  tablet: inputType("tablet", wheelAxis),
};

export const inputBackends = [
  inputBackend("keyboard", {}),
  inputBackend("mouse", wheelAxis),
  inputBackend("tablet", wheelAxis),
];

abstract class VirtioInputDevice implements Device, VirtioBackend {
  readonly features = { low: 0, high: 0 };
  protected abstract readonly model: InputModel;
  readonly #device: DeviceContext;
  readonly #input: Input;
  readonly #virtio: Virtio;
  #card: VirtioCard | undefined;
  #config: InputConfig | undefined;
  #registration: InputRegistration | undefined;
  #events: Uint8Array[] = [];
  #active = false;

  constructor(device: DeviceContext, virtio: Virtio, input: Input) {
    this.#device = device;
    this.#virtio = virtio;
    this.#input = input;
  }

  realize(): void {
    const { model } = this;
    const serial = this.#device.properties["serial"];
    this.#config = new InputConfig(model, typeof serial === "string" ? serial : undefined);
    this.#card = this.#virtio.plug({
      device: this.#device,
      backend: this,
      name: "virtio-input",
      inner: `virtio-${model}-device`,
      type: TYPE_INPUT,
      classId: CLASS_ID[model],
      configLength: this.#config.length,
      queues: [QUEUE_SIZE, QUEUE_SIZE],
      carried: {},
    });
    this.#registration = this.#device.own(
      this.#input.add({
        name: `QEMU Virtio ${model[0]?.toUpperCase()}${model.slice(1)}`,
        kinds: KINDS[model],
        event: (event) => this.#event(event),
        sync: () => this.#sync(),
      }),
    );
  }

  unplug(): void {
    this.#card?.subject.requestUnplug();
  }

  readConfig(into: Uint8Array): void {
    this.#config?.read(into);
  }

  writeConfig(bytes: Uint8Array): void {
    this.#config?.write(bytes);
    this.#card?.configChanged();
  }

  notified(queue: VirtQueue): void {
    // The first queue is where the driver puts empty buffers; they wait there for events.
    if (queue.index === 0) return;
    for (let element = queue.pop(); element !== undefined; element = queue.pop()) {
      const status = new Uint8Array(EVENT_LENGTH);
      const length = queue.read(element, status);
      // A status other than a light is none that these devices have.
      if ((status[0] ?? 0) !== INPUT_EVENT.led) this.#device.log.warn("unknown input status", { type: status[0] });
      queue.push(element, length);
    }
    queue.notify();
  }

  statusChanged(ready: boolean): void {
    this.#setActive(ready);
  }

  reset(): void {
    this.#setActive(false);
    this.#events = [];
  }

  #setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    if (active) this.#registration?.activate();
    else this.#registration?.deactivate();
  }

  #event(event: InputEvent): void {
    switch (event.kind) {
      case "key": {
        const code = linuxKeyCode(event.key);
        if (code !== 0) this.#queue(INPUT_EVENT.key, code, event.down ? 1 : 0);
        else if (event.down) this.#device.log.warn("a key that Linux has no code for", { key: event.key });
        return;
      }
      case "btn":
        this.#button(event.button, event.down);
        return;
      case "rel":
        this.#queue(INPUT_EVENT.relative, RELATIVE[event.axis], event.value);
        return;
      case "abs":
        this.#queue(INPUT_EVENT.absolute, ABSOLUTE[event.axis], event.value);
    }
  }

  #button(button: string, down: boolean): void {
    const isWheel = button === "wheel-up" || button === "wheel-down";
    if (isWheel && this.#device.properties["wheel-axis"] === true) {
      if (down) this.#queue(INPUT_EVENT.relative, RELATIVE.wheel, button === "wheel-up" ? 1 : -1);
      return;
    }
    const code = BUTTON_CODES[button];
    if (code !== undefined) this.#queue(INPUT_EVENT.key, code, down ? 1 : 0);
    else if (down) this.#device.log.warn("a button that the device does not have", { button });
  }

  #queue(type: number, code: number, value: number): void {
    if (!this.#active) return;
    const view = new DataView(new ArrayBuffer(EVENT_LENGTH));
    view.setUint16(0, type, true);
    view.setUint16(2, code, true);
    view.setInt32(4, value, true);
    this.#events.push(new Uint8Array(view.buffer));
  }

  /** All events of a report or none: when the driver has too few buffers, the report is lost. */
  #sync(): void {
    this.#queue(INPUT_EVENT.sync, 0, 0);
    const events = this.#events;
    this.#events = [];
    const queue = this.#card?.queues[0];
    if (queue === undefined) return;
    const elements: VirtQueueElement[] = [];
    while (elements.length < events.length) {
      const element = queue.pop();
      if (element === undefined) {
        for (const taken of elements.toReversed()) queue.unpop(taken);
        return;
      }
      elements.push(element);
    }
    for (const [index, element] of elements.entries()) {
      queue.push(element, queue.write(element, events[index] ?? new Uint8Array(EVENT_LENGTH)));
    }
    queue.notify();
  }
}

@injectable()
export class VirtioKeyboard extends VirtioInputDevice {
  protected readonly model = "keyboard";
  constructor(@inject(DEVICE) device: DeviceContext, @inject(VIRTIO) virtio: Virtio, @inject(INPUT) input: Input) {
    super(device, virtio, input);
  }
}

@injectable()
export class VirtioMouse extends VirtioInputDevice {
  protected readonly model = "mouse";
  constructor(@inject(DEVICE) device: DeviceContext, @inject(VIRTIO) virtio: Virtio, @inject(INPUT) input: Input) {
    super(device, virtio, input);
  }
}

@injectable()
export class VirtioTablet extends VirtioInputDevice {
  protected readonly model = "tablet";
  constructor(@inject(DEVICE) device: DeviceContext, @inject(VIRTIO) virtio: Virtio, @inject(INPUT) input: Input) {
    super(device, virtio, input);
  }
}
