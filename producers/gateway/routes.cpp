#include "producers/gateway/routes.h"

#include "common/json/writer.h"
#include "producers/gateway/openapi.h"
#include "producers/gateway/page.h"

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
  append_ingest(page, context.ingest);
  append_gate(page, context.gate.stats());
  return {.status = 200, .content_type = std::string{metrics::content_type}, .body = page.text()};
}

}  // namespace

http::Router make_routes(const RoutesContext& context) {
  http::Router router;
  router
      .post("/api/v1/events",
            [context](const http::Request& request) {
              return context.gate.admit(
                  request, [&](const std::string& caller) { return context.ingest.post(request, caller); });
            })
      .get("/openapi.json", [](const http::Request&) { return http::json_response(std::string{openapi}); })
      .get("/healthz", [](const http::Request&) { return http::json_response(R"({"status":"alive"})"); })
      .get("/readyz", [context](const http::Request&) { return ready(context.kafka_reachable()); })
      .get("/metrics", [context](const http::Request&) { return metrics_page(context); });
  if (!context.gate.cors().empty())
    router.options("/api/v1/events", [&gate = context.gate](const http::Request& request) {
      return gate.cors().preflight(request);
    });
  return router;
}

}  // namespace godwit::gateway
