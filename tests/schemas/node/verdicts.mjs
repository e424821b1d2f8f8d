// verdicts.mjs SCHEMAS_DIR: for every example that is JSON, what ajv says of it, as one JSON object:
// "good/task.started/full.json" -> [[pointer, keyword, is null], ...]; empty when valid.
import fs from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv/dist/2020.js';

const root = process.argv[2];
const read = (...parts) => JSON.parse(fs.readFileSync(path.join(root, ...parts), 'utf8'));
const ajv = new Ajv({allowUnionTypes: true, allErrors: true, verbose: true});
for (const folder of ['common', 'types'])
  for (const file of fs.readdirSync(path.join(root, folder))) ajv.addSchema(read(folder, file));

const verdicts = {};
for (const kind of ['good', 'bad', 'bad-codec-only'])
  for (const type of fs.readdirSync(path.join(root, 'examples', kind))) {
    const validate = ajv.getSchema(`https://godwit.io/schemas/types/${type}.v1.json`);
    for (const file of fs.readdirSync(path.join(root, 'examples', kind, type))) {
      const example = read('examples', kind, type, file);
      validate(kind === 'good' ? example : example.event);
      verdicts[`${kind}/${type}/${file}`] = (validate.errors ?? [])
        .filter(({keyword}) => keyword !== 'if') // says again what the errors of `then` say
        .map(({instancePath, keyword, params, data}) =>
          [instancePath + (keyword === 'required' ? `/${params.missingProperty}` : ''), keyword, data === null]);
    }
  }
console.log(JSON.stringify(verdicts));
