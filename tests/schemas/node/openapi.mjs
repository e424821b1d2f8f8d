// openapi.mjs FILE...: whether each is a valid OpenAPI document, as one JSON object:
// file -> {"valid": bool, "version": "3.1", "errors": ["place: message"]}.
import {Validator} from '@seriousme/openapi-schema-validator';

const found = {};
for (const file of process.argv.slice(2)) {
  const validator = new Validator();
  const {valid, errors} = await validator.validate(file);
  found[file] = {
    valid,
    version: validator.version,
    errors: Array.isArray(errors) ? errors.map(({instancePath, message}) => `${instancePath}: ${message}`) : errors ? [String(errors)] : [],
  };
  if (valid) validator.resolveRefs(); // throws for a reference to nothing
}
console.log(JSON.stringify(found));
