// How the machinery itself is: consumers and their lag, who owns which partition, what nobody could read, webhooks.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { getJson, withQuery } from "../api";
import * as format from "../format";
import { Badge, Card, Empty, Failed, Heads, Loading, Scroll, Time, useAsked } from "../parts/basics";
import { Sparkline } from "../parts/chart";
import type { AuditEntry, Consumer, Delivery, Endpoint } from "../types";
import { DeliveryRows } from "./migration";
import { RecordBytes } from "./audit";

interface Answer {
  timestamp: string;
  consumers: Consumer[];
}

const SAMPLES_MAX = 60;

/** Events a second of each consumer, from the difference of two answers; a restart counts as nothing. */
function useRates(answer: Answer | null): Map<string, (number | null)[]> {
  const before = useRef<Answer | null>(null);
  const rates = useRef(new Map<string, (number | null)[]>());
  if (answer && answer !== before.current) {
    const old = before.current;
    const seconds = old ? (Date.parse(answer.timestamp) - Date.parse(old.timestamp)) / 1000 : 0;
    for (const consumer of answer.consumers) {
      const last = old?.consumers.find((each) => each.name === consumer.name)?.events_total;
      const grown = consumer.events_total !== undefined && last !== undefined && seconds > 0 ? (consumer.events_total - last) / seconds : null;
      const kept = rates.current.get(consumer.name) ?? [];
      rates.current.set(consumer.name, [...kept.slice(-SAMPLES_MAX), grown !== null && grown >= 0 ? grown : null]);
    }
    before.current = answer;
  }
  return rates.current;
}

function ConsumerCard({ consumer, rates }: { consumer: Consumer; rates: (number | null)[] }): JSX.Element {
  const rate = rates[rates.length - 1] ?? null;
  const instances = consumer.cluster?.instances ?? [];
  const unowned = consumer.cluster?.unowned ?? [];
  const lag = instances.length > 0 ? instances.flatMap((each) => each.partitions).reduce((sum, each) => sum + Math.max(0, each.high_offset - each.next_offset), 0) : consumer.lag;
  const id = `c-${consumer.name}`;
  return (
    <Card title={consumer.name} id={id} aside={<Badge status={!consumer.reachable ? "no answer" : consumer.ready ? "ready" : "catching up"} />}>
      <dl class="facts">
        <div>
          <dt>Lag</dt>
          <dd>{format.count(lag)} records</dd>
        </div>
        <div>
          <dt>Throughput</dt>
          <dd>{rate === null ? "–" : `${format.count(Math.round(rate))} events/s`}</dd>
        </div>
        <div>
          <dt>Instances</dt>
          <dd>{instances.length > 0 ? instances.length : consumer.reachable ? 1 : 0}</dd>
        </div>
        <div>
          <dt>Dead letters</dt>
          <dd class={consumer.dead_letters_total ? "error" : ""}>{format.count(consumer.dead_letters_total)}</dd>
        </div>
      </dl>
      <Sparkline values={rates} />
      {consumer.reasons.map((reason) => (
        <p class="error small" key={reason}>
          {reason}
        </p>
      ))}
      {unowned.length > 0 && <p class="error small">Nobody owns {unowned.join(", ")}.</p>}
      {instances.length > 0 && (
        <details>
          <summary>Partitions and owners</summary>
          {instances.map((instance) => (
            <div key={instance.instance}>
              <p class="small">
                <bdi>{instance.instance}</bdi> <span class="muted">{instance.url}</span>
              </p>
              <Scroll label={`Partitions of ${instance.instance}`}>
                <table class="plain small">
                  <Heads names={["Topic", "Partition", "Next offset", "End", "Lag"]} />
                  <tbody>
                    {instance.partitions.map((each) => (
                      <tr key={`${each.topic} ${each.partition}`}>
                        <th scope="row">{each.topic}</th>
                        <td>{each.partition}</td>
                        <td>{format.count(each.next_offset)}</td>
                        <td>{format.count(each.high_offset)}</td>
                        <td>{format.count(Math.max(0, each.high_offset - each.next_offset))}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
            </div>
          ))}
        </details>
      )}
    </Card>
  );
}

/** Asked again when their number has changed: every question to the audit is a record of its own. */
function DeadLetters({ count }: { count: number }): JSX.Element {
  const asked = useAsked<{ events: AuditEntry[] }>(withQuery("/api/v1/audit", { event_type: "unparseable", limit: 50 }), getJson);
  const before = useRef(count);
  useEffect(() => {
    if (before.current !== count) asked.again();
    before.current = count;
  }, [count]);
  const [open, setOpen] = useState<string | null>(null);
  if (!asked.value) return asked.error ? <Failed what="They cannot be read." why={asked.error} again={asked.again} /> : <Loading lines={2} />;
  if (asked.value.events.length === 0) return <Empty title="Every record could be read." />;
  return (
    <ul class="ended">
      {asked.value.events.map((event) => (
        <li key={event.event_id}>
          <div class="line">
            <span class="nowrap">
              {event.topic} {event.partition}:{event.offset}
            </span>
            <Time at={event.timestamp} />
          </div>
          <p class="error small">
            <bdi>{event.error ?? String(event.details?.reason ?? "")}</bdi>
          </p>
          <button type="button" class="small" aria-expanded={open === event.event_id} onClick={() => setOpen(open === event.event_id ? null : event.event_id)}>
            Its bytes
          </button>
          {open === event.event_id && <RecordBytes id={event.event_id} />}
        </li>
      ))}
    </ul>
  );
}

function Webhooks(): JSX.Element {
  const endpoints = useAsked<{ endpoints: Endpoint[] }>("/api/v1/endpoints", getJson, 5_000);
  const deliveries = useAsked<{ deliveries: Delivery[] }>(withQuery("/api/v1/deliveries", { limit: 20 }), getJson, 5_000);
  if (!endpoints.value) return endpoints.error ? <Failed what="The endpoints cannot be read." why={endpoints.error} again={endpoints.again} /> : <Loading lines={2} />;
  return (
    <>
      {endpoints.value.endpoints.length === 0 ? (
        <Empty title="No endpoint is configured.">
          <p class="muted">
            <code>godwit-webhooks --endpoints FILE</code> names them.
          </p>
        </Empty>
      ) : (
        <Scroll label="Webhook endpoints">
          <table class="plain">
            <Heads names={["Endpoint", "Kind", "Address", "State", "Owed"]} />
            <tbody>
              {endpoints.value.endpoints.map((each) => (
                <tr key={each.name}>
                  <th scope="row">
                    <bdi>{each.name}</bdi>
                  </th>
                  <td>{each.type}</td>
                  <td class="wrap">{each.url}</td>
                  <td>
                    <Badge status={each.enabled ? "ready" : "paused"} />
                  </td>
                  <td>{format.count(each.owed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <h3>Newest deliveries</h3>
      {deliveries.value ? deliveries.value.deliveries.length > 0 ? <DeliveryRows deliveries={deliveries.value.deliveries} /> : <Empty title="None was made yet." /> : <p class="muted">{deliveries.error ?? ""}</p>}
    </>
  );
}

export function PipelinePage(): JSX.Element {
  const asked = useAsked<Answer>("/api/v1/pipeline", getJson, 3_000);
  const rates = useRates(asked.value);
  return (
    <>
      <div class="page-head">
        <h1>Pipeline</h1>
      </div>
      {asked.value ? (
        <div class="columns">
          {asked.value.consumers.map((consumer) => (
            <ConsumerCard key={consumer.name} consumer={consumer} rates={rates.get(consumer.name) ?? []} />
          ))}
        </div>
      ) : asked.error ? (
        <Failed what="The pipeline cannot be read." why={asked.error} again={asked.again} />
      ) : (
        <Loading lines={6} />
      )}
      <div class="columns two">
        <Card title="Records nobody could read" id="dead-title">
          <DeadLetters count={asked.value?.consumers.find((each) => each.name === "godwit-audit")?.dead_letters_total ?? 0} />
        </Card>
        <Card title="Webhooks" id="hooks-title">
          <Webhooks />
        </Card>
      </div>
    </>
  );
}

