import { q } from "backplane";

const name = { name: q.str };
const features = { "features?": q.array(q.str) };
const metaType = q.enum("SchemaMetaType", ["builtin", "enum", "array", "object", "alternate", "command", "event"]);
const jsonType = q.enum("JSONType", ["string", "number", "int", "boolean", "null", "object", "array", "value"]);

/** What `query-qmp-schema` answers with: the schema describes itself too. */
export const SCHEMA_INFO = q.array(
  q.union(
    "SchemaInfo",
    "meta-type",
    { ...name, "meta-type": metaType, ...features },
    {
      builtin: q.struct("SchemaInfoBuiltin", { "json-type": jsonType }),
      enum: q.struct(
        "SchemaInfoEnum",
        { members: q.array(q.struct("SchemaInfoEnumMember", { ...name, ...features })), values: q.array(q.str) },
        { deprecated: ["values"] },
      ),
      array: q.struct("SchemaInfoArray", { "element-type": q.str }),
      object: q.struct("SchemaInfoObject", {
        members: q.array(q.struct("SchemaInfoObjectMember", { ...name, type: q.str, "default?": q.any, ...features })),
        "tag?": q.str,
        "variants?": q.array(q.struct("SchemaInfoObjectVariant", { case: q.str, type: q.str })),
      }),
      alternate: q.struct("SchemaInfoAlternate", {
        members: q.array(q.struct("SchemaInfoAlternateMember", { type: q.str })),
      }),
      command: q.struct("SchemaInfoCommand", { "arg-type": q.str, "ret-type": q.str, "allow-oob?": q.bool }),
      event: q.struct("SchemaInfoEvent", { "arg-type": q.str }),
    },
  ),
);
