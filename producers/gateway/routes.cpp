#include "producers/gateway/routes.h"

#include "common/json/writer.h"
#include "common/service/scrape.h"
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

http::Response metrics_page(const RoutesContext& context, const http::Request& request) {
  metrics::Exposition page = service::open_page(request);
  if (context.append_process) context.append_process(page);
  append_ingest(page, context.ingest);
  append_gate(page, context.gate.stats());
  return service::page_response(request, std::move(page));
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
      .get("/metrics", [context](const http::Request& request) { return metrics_page(context, request); });
  if (!context.gate.cors().empty())
    router.options("/api/v1/events", [&gate = context.gate](const http::Request& request) {
      return gate.cors().preflight(request);
    });
  return router;
}

}  // namespace godwit::gateway
