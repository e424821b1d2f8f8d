// asyncapi.mjs FILE...: what the AsyncAPI parser says of each document, as one JSON object:
// file -> {"valid": bool, "errors": ["place: message"], "channels": {address: {"kafka": binding, "partitioner": ...,
// "messages": {id: {"name", "contentType", "headers", "key", "format"}}}}}.
import {fromFile, Parser} from '@asyncapi/parser';

const messageOf = (message) => ({
  name: message.name(),
  contentType: message.contentType(),
  headers: message.headers()?.json().required,
  key: message.bindings().get('kafka')?.value().key?.type,
  format: message.json().payload.schemaFormat,
});
const channelOf = (channel) => ({
  kafka: channel.bindings().get('kafka').value(),
  partitioner: channel.json()['x-partitioner'],
  messages: Object.fromEntries(channel.messages().all().map((message) => [message.id(), messageOf(message)])),
});

const found = {};
for (const file of process.argv.slice(2)) {
  const {document, diagnostics} = await fromFile(new Parser(), file).parse();
  const errors = diagnostics.filter(({severity}) => severity <= 1); // errors and warnings
  found[file] = {
    valid: document !== undefined,
    errors: errors.map(({path, message}) => `${path.join('/')}: ${message}`),
    channels: Object.fromEntries(document?.channels().all().map((channel) => [channel.address(), channelOf(channel)]) ?? []),
  };
}
console.log(JSON.stringify(found));
