#include "producers/gateway/settings.h"

#include <algorithm>

namespace godwit::gateway {

void Settings::add(service::Flags& flags) {
  listen = "127.0.0.1:8084";
  ProgramFlags::add(flags);
  flags.integer("http-threads", http_threads, 2, 1024, "HTTP requests served at the same time");
  flags.integer("max-body", body_bytes_max, 1'000, 100'000'000, "Bytes of one request's body");
  flags.integer("request-timeout-ms", request_timeout_ms, 100, 120'000,
                "How long the head or the body of a request may take to arrive");
  flags.integer("max-batch", batch_events_max, 1, 100'000, "Events of one batch");
  flags.integer("max-queue", queue_events_max, 1, 1'000'000,
                "Events that wait for Kafka; one more is answered 429");
  flags.integer("acknowledge-ms", acknowledge_ms, 100, 120'000,
                "How long to wait for Kafka before answering 503");
  flags.text("tokens", tokens, "File of lines `name token`; without one of them as Bearer token: 401");
  flags.real("rate-limit", events_per_second, 0, 1'000'000, "Events per second of each token; 0: any number");
  flags.real("rate-burst", burst_events, 1, 10'000'000, "Events an idle token may send at once");
  flags.texts("cors-origin", cors_origins, "Origin of web pages that may post events; repeatable");
  flags.integer("idempotency-s", idempotency_seconds, 0, 86'400,
                "How long an answer is kept for its Idempotency-Key; 0: not at all");
  flags.choice("access-events", access_events, {"on", "off"}, "Emit an audit.api_access event per request");
}

http::ServerOptions Settings::server() const {
  return {.listen = listen,
          .request_threads = static_cast<int>(http_threads),
          .streams_max = 0,
          .body_bytes_max = static_cast<std::size_t>(body_bytes_max),
          .request_timeout = Millis{request_timeout_ms}};
}

IngestOptions Settings::ingest() const {
  return {.read = {.batch_events_max = static_cast<std::size_t>(batch_events_max)},
          .acknowledge_timeout = acknowledge(),
          .waiting_max = std::max(1, static_cast<int>(http_threads) * 3 / 4),
          .idempotency = {.window = std::chrono::seconds{idempotency_seconds}}};
}

}  // namespace godwit::gateway
