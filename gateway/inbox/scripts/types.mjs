// Writes TypeScript types for the schemas of openapi.json, which the server describes itself with (`make types`).
// openapi-typescript would do, but it needs the compiler's JavaScript API, which TypeScript 7 no longer has.

import { readFileSync } from 'node:fs';

const { components } = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'));

const nameOf = (ref) => ref.split('/').pop();

function type(schema) {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema.oneOf) return schema.oneOf.map(type).join(' | ');
  if (schema.allOf)
    return schema.allOf.map((part) => (part.oneOf ? `(${type(part)})` : type(part))).join(' & ');
  if (Array.isArray(schema.type)) {
    return schema.type.map((one) => type({ ...schema, type: one })).join(' | ');
  }
  switch (schema.type) {
    case 'null':
      return 'null';
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return `Array<${type(schema.items)}>`;
    case 'object':
      return object(schema);
    default:
      throw new Error(`openapi.json has a schema this script does not know: ${JSON.stringify(schema)}`);
  }
}

function object({ properties = {}, required = [], additionalProperties }) {
  if (additionalProperties?.type || additionalProperties?.$ref)
    return `Record<string, ${type(additionalProperties)}>`;
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${name}${required.includes(name) ? '' : '?'}: ${type(schema)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

const types = Object.entries(components.schemas)
  .filter(([name]) => !name.startsWith('List_'))
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([name, schema]) => `export type ${name} = ${type(schema)};`);

console.log(`// Generated from openapi.json by \`npm run types\`. Do not edit.\n\n${types.join('\n\n')}`);
