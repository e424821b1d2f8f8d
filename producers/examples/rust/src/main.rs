//! Emits the migration of ../migration.ndjson: migration BROKERS TASK_ID VM_NAME. Structured mode.
use chrono::Utc;
use cloudevents::{EventBuilder, EventBuilderV10};
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::util::Timeout;
use rdkafka::ClientContext;
use serde_json::{json, Value};
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, sync::Arc, time::Duration};
use uuid::Uuid;

struct Reports(Arc<AtomicUsize>); // how many events the broker has acknowledged
impl ClientContext for Reports {}
impl ProducerContext for Reports {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, _: ()) {
        match result {
            Ok(_) => _ = self.0.fetch_add(1, Ordering::SeqCst),
            Err((error, _)) => eprintln!("not delivered: {error}"),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let [brokers, task_id, vm_name]: [String; 3] =
        env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "usage: migration BROKERS TASK_ID VM_NAME")?;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let producer: BaseProducer<Reports> = ClientConfig::new()
        .set("bootstrap.servers", &brokers)
        .set("partitioner", "murmur2_random") // Java's: one task, one partition
        .set("enable.idempotence", "true") // and so acks=all
        .create_with_context(Reports(acknowledged.clone()))?;
    let script = fs::read_to_string("../migration.ndjson")?;
    for (number, line) in script.lines().enumerate() {
        let step: Value = serde_json::from_str(line)?;
        let mut data = json!({"vm_name": vm_name, "provider": "vsphere", "attempt": 1});
        data.as_object_mut().unwrap().extend(step["data"].as_object().unwrap().clone());
        let event = EventBuilderV10::new()
            .id(Uuid::now_v7().to_string())
            .source(format!("/examples/rust/tasks/{task_id}"))
            .ty(format!("io.godwit.{}.v1", step["type"].as_str().unwrap()))
            .subject(&task_id)
            .time(Utc::now())
            .extension("sequence", format!("{number:020}"))
            .data("application/json", data)
            .build()?;
        let value = serde_json::to_vec(&event)?;
        let header = Header { key: "content-type", value: Some("application/cloudevents+json") };
        let record = BaseRecord::to(step["topic"].as_str().unwrap()).key(&task_id).payload(&value);
        producer.send(record.headers(OwnedHeaders::new().insert(header))).map_err(|(error, _)| error)?;
    }
    producer.flush(Timeout::After(Duration::from_secs(30)))?;
    let missing = script.lines().count() - acknowledged.load(Ordering::SeqCst);
    if missing == 0 { Ok(()) } else { Err(format!("{missing} events were not acknowledged").into()) }
}
