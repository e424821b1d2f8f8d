// Emits the migration of ../migration.ndjson: migration.js BROKERS TASK_ID VM_NAME. Binary mode.
import {readFileSync} from 'node:fs';
import {CloudEvent, Kafka as Binding} from 'cloudevents';
import {Kafka, logLevel, Partitioners} from 'kafkajs';

const [brokers, taskId, vmName] = process.argv.slice(2);
const script = readFileSync('../migration.ndjson', 'utf8').trim().split('\n').map(JSON.parse);

const kafka = new Kafka({brokers: brokers.split(','), logLevel: logLevel.ERROR});
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner, // murmur2 as in Java; LegacyPartitioner is not
  idempotent: true,
  maxInFlightRequests: 1,
});

await producer.connect();
try {
  for (const [number, {topic, type, data}] of script.entries()) {
    const event = new CloudEvent({
      source: `/examples/node/tasks/${taskId}`,
      type: `io.godwit.${type}.v1`,
      subject: taskId,
      sequence: String(number).padStart(20, '0'),
      datacontenttype: 'application/json',
      data: {vm_name: vmName, provider: 'vsphere', attempt: 1, ...data},
    });
    const {headers, body} = Binding.binary(event);
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    await producer.send({topic, acks: -1, messages: [{key: taskId, value: JSON.stringify(body), headers: given}]});
  }
} finally {
  await producer.disconnect();
}
