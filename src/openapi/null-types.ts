type Json = Record<string, unknown>;

/**
 * Nest's decorators speak OpenAPI 3.0, where `nullable: true` stands beside a type; 3.1 has "null" among the types.
 * Changes the document in place.
 */
export function spellNullTypes(node: unknown): void {
  if (Array.isArray(node)) {
    for (const item of node) spellNullTypes(item);
    return;
  }
  if (node === null || typeof node !== 'object') return;
  const schema = node as Json;
  for (const value of Object.values(schema)) spellNullTypes(value);
  if (schema.nullable !== true) return;
  delete schema.nullable;
  if (typeof schema.type === 'string') {
    schema.type = [schema.type, 'null'];
    if (Array.isArray(schema.enum)) schema.enum = [...schema.enum, null];
    return;
  }
  const { description, allOf, $ref, ...others } = schema;
  const parts = Array.isArray(allOf) ? allOf : [{ $ref }];
  for (const name of Object.keys(schema)) delete schema[name];
  Object.assign(schema, others, description === undefined ? {} : { description }, {
    anyOf: [...parts, { type: 'null' }],
  });
}
