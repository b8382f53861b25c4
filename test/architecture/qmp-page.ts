// docs/qmp.md is made of what a machine's commands and events declare of themselves.
import type { Command, EventDeclaration, Marks, Members, ObjectSchema, Schema } from "backplane";

const INTRODUCTION = `# QMP

The commands and events of a q35 machine with all that comes with it, made from their schemas by \`npm run docs\`; a test
compares. Monitors answer \`query-qmp-schema\` from the same schemas. The protocol itself is the peer's: QEMU
documentation, "QEMU Machine Protocol Specification".

*Unstable* and *deprecated* mean what they mean in the peer. Commands that are *oob* may be sent with \`exec-oob\`, once
the capability \`oob\` is enabled: they overtake what waits. Commands that are *preconfig* run before the machine is built
(\`--preconfig\`), where others are refused. Members marked \`?\` may be left out.

Every command may fail with the class \`GenericError\`; the texts are in [errors.md](errors.md). Differing classes:
\`CommandNotFound\` (no such command, or not yet negotiated), \`DeviceNotFound\` and \`DeviceNotActive\`.

File descriptors cannot be received: Node.js has no way to take \`SCM_RIGHTS\` messages (unix(7)) from a socket. \`getfd\`
and \`add-fd\` answer as if none had been sent; descriptors that the process was started with go into sets with \`-add-fd\`.
`;

export function renderQmpPage(commands: readonly Command[], events: readonly EventDeclaration[]): string {
  const byName = (left: { name: string }, right: { name: string }): number => (left.name < right.name ? -1 : 1);
  const types = new Types();
  const parts = [
    INTRODUCTION,
    "## Commands\n",
    ...commands.toSorted(byName).map((command) => renderCommand(command, types)),
    "## Events\n",
    ...events.toSorted(byName).map((event) => renderEvent(event, types)),
  ];
  return `${[...parts, "## Types\n", ...types.render()].join("\n").trimEnd()}\n`;
}

function renderCommand(command: Command, types: Types): string {
  const flags = [
    ...(command.oob === true ? ["oob"] : []),
    ...(command.preconfig === true ? ["preconfig"] : []),
    ...(command.unstable === true ? ["unstable"] : []),
    ...(command.deprecated === true ? ["deprecated"] : []),
  ];
  const returns = command.result === undefined || isEmpty(command.result) ? "nothing" : types.name(command.result);
  return [
    `### ${command.name}\n`,
    `${command.summary}.${flags.length === 0 ? "" : ` *${flags.join(", ")}*`}\n`,
    ...renderMembers("takes", command.arguments, types),
    `* returns ${returns}\n`,
  ].join("\n");
}

function renderEvent(event: EventDeclaration, types: Types): string {
  const { rateLimit } = event;
  const by = rateLimit?.by === undefined ? "" : ` for each \`${rateLimit.by}\``;
  return [
    `### ${event.name}\n`,
    `${event.summary}.${rateLimit === undefined ? "" : ` At most one in ${rateLimit.milliseconds} ms${by}.`}\n`,
    ...renderMembers("tells", event.data, types),
    "",
  ].join("\n");
}

function isEmpty(schema: Schema): boolean {
  return schema.kind === "struct" && Object.keys(schema.members).length === 0;
}

function renderMembers(verb: string, schema: ObjectSchema, types: Types): string[] {
  if (schema.kind === "union") return [`* ${verb} ${types.name(schema)}`];
  if (isEmpty(schema)) return [schema.open === true ? `* ${verb} members of any name` : `* ${verb} nothing`];
  const more = schema.open === true ? ", and members of other names" : "";
  return [`* ${verb} ${membersText(schema.members, schema, types)}${more}`];
}

function membersText(members: Members, marks: Marks, types: Types): string {
  return Object.entries(members)
    .map(([name, { schema, optional }]) => {
      const flags = (["unstable", "deprecated"] as const).filter((mark) => marks[mark]?.includes(name) === true);
      return `\`${name}${optional ? "?" : ""}\` ${types.name(schema)}${flags.map((flag) => ` (${flag})`).join("")}`;
    })
    .join(", ");
}

/** The types that members name; each is described once, at the end. */
class Types {
  readonly #met = new Map<string, Schema>();

  name(schema: Schema): string {
    switch (schema.kind) {
      case "str":
        return "string";
      case "bool":
        return "boolean";
      case "any":
        return "any value";
      case "null":
      case "number":
      case "size":
        return schema.kind;
      case "int":
        return `int${schema.bits ?? 64}`;
      case "uint":
        return `uint${schema.bits ?? 64}`;
      case "array":
        return `list of ${this.name(schema.items)}`;
      case "later":
        return this.name(schema.schema());
      case "enum":
      case "struct":
      case "union":
      case "alternate":
        this.#met.set(schema.name, schema);
        return `[${schema.name}](#${schema.name.toLowerCase()})`;
    }
  }

  /** Describing a type meets others, which are described as well: the map grows on the way. */
  render(): string[] {
    const described = new Map<string, string>();
    for (const [name, schema] of this.#met) described.set(name, this.#describe(schema));
    return [...described.entries()]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, text]) => `### ${name}\n\n${text}\n`);
  }

  #describe(schema: Schema): string {
    switch (schema.kind) {
      case "enum":
        return `One of ${schema.values.map((value) => `\`${value}\``).join(", ")}.`;
      case "struct":
        return isEmpty(schema) ? "No members." : `${membersText(schema.members, schema, this)}.`;
      case "alternate":
        return `Either ${schema.of.map((option) => this.name(option)).join(" or ")}.`;
      case "union": {
        const branches = Object.entries(schema.branches).map(([value, part]) => `* \`${value}\`: ${this.name(part)}`);
        return [`${membersText(schema.base, schema, this)}; and by \`${schema.tag}\`:\n`, ...branches].join("\n");
      }
      case "str":
      case "bool":
      case "any":
      case "null":
      case "number":
      case "size":
      case "int":
      case "uint":
      case "array":
      case "later":
        return this.name(schema);
    }
  }
}
