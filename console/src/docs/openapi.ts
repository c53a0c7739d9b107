/** The parts of an OpenAPI 3.1 document that the reference shows. */

export interface Reference {
  $ref: string;
}

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  items?: Schema | Reference;
  properties?: Record<string, Schema | Reference>;
  additionalProperties?: boolean | Schema | Reference;
  required?: string[];
  anyOf?: (Schema | Reference)[];
  oneOf?: (Schema | Reference)[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

export interface Media {
  schema?: Schema | Reference;
  example?: unknown;
  examples?: Record<string, { summary?: string; value?: unknown } | Reference>;
}

export interface Response {
  description: string;
  content?: Record<string, Media>;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema | Reference;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Response>;
}

export interface Document {
  info: { title: string; version: string; description: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks?: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Listed {
  method: string;
  path: string;
  operation: Operation;
}

export function operationsOf(paths: Document["paths"]): Listed[] {
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })));
}

export function resolved(document: Document, schema: Schema | Reference | undefined): Schema {
  if (schema === undefined) return {};
  if (!("$ref" in schema)) return schema;
  return document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {};
}

/** A schema's type in a few words, such as `list of EventOut` or `text or null`. */
export function typeOf(document: Document, given: Schema | Reference | undefined): string {
  const schema = resolved(document, given);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map((each) => typeOf(document, each)))].join(" or ");
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.items !== undefined) return `list of ${typeOf(document, schema.items)}`;
  if (schema.properties !== undefined && schema.title !== undefined) return schema.title;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? "any"];
  return types.map((type) => (type === "string" && schema.format !== undefined ? schema.format : type)).join(" or ");
}

/** The bounds of a schema, in words. */
export function boundsOf(schema: Schema): string {
  const between = (least: number | undefined, most: number | undefined, what: string) => {
    if (least === undefined && most === undefined) return [];
    if (least === undefined) return [`at most ${most}${what}`];
    return most === undefined ? [`at least ${least}${what}`] : [`${least} to ${most}${what}`];
  };
  const parts = [
    ...between(schema.minimum, schema.maximum, ""),
    ...between(schema.minLength, schema.maxLength, " characters"),
    ...between(schema.minItems, schema.maxItems, " items"),
    ...(schema.default !== undefined && schema.default !== null ? [`${JSON.stringify(schema.default)} by default`] : []),
  ];
  return parts.join(", ");
}
