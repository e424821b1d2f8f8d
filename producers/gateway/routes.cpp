#include "producers/gateway/routes.h"

#include "common/json/writer.h"

namespace godwit::gateway {
namespace {

http::Response ready(const Status& kafka) {
  json::Writer out;
  out.begin_object().member("status", kafka ? "ready" : "not ready").key("reasons").begin_array();
  if (!kafka) out.value(kafka.error().message);
  out.end_array().end_object();
  return http::json_response(out.take(), kafka ? 200 : 503);
}

http::Response metrics_page(const RoutesContext& context) {
  metrics::Exposition page;
  if (context.append_process) context.append_process(page);
  const IngestStats stats = context.ingest.stats();
  page.family("godwit_gateway_events_total", metrics::Kind::counter,
              "Events received, by what became of them");
  page.sample({{"outcome", "accepted"}}, stats.accepted);
  page.sample({{"outcome", "invalid"}}, stats.invalid);
  page.sample({{"outcome", "turned_away"}}, stats.turned_away);
  page.sample({{"outcome", "unacknowledged"}}, stats.unacknowledged);
  page.sample({{"outcome", "refused"}}, stats.refused);
  page.family("godwit_gateway_requests_waiting", metrics::Kind::gauge, "Requests that wait for Kafka");
  page.sample({}, static_cast<double>(stats.requests_waiting));
  page.family("godwit_gateway_requests_waiting_max", metrics::Kind::gauge, "Requests that may wait at once");
  page.sample({}, static_cast<double>(stats.requests_waiting_max));
  return {.status = 200, .content_type = std::string{metrics::content_type}, .body = page.text()};
}

}  // namespace

http::Router make_routes(const RoutesContext& context) {
  http::Router router;
  router.post("/api/v1/events", [&ingest = context.ingest](const http::Request& r) { return ingest.post(r); })
      .get("/healthz", [](const http::Request&) { return http::json_response(R"({"status":"alive"})"); })
      .get("/readyz", [context](const http::Request&) { return ready(context.kafka_reachable()); })
      .get("/metrics", [context](const http::Request&) { return metrics_page(context); });
  return router;
}

}  // namespace godwit::gateway
