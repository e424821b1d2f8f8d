#include "consumers/webhooks/endpoints_view.h"

#include <fmt/format.h>

#include <set>

#include "common/base/uuid.h"
#include "common/cluster/gather.h"
#include "common/http/encoding.h"
#include "common/http/parameters.h"
#include "consumers/webhooks/endpoint_json.h"
#include "consumers/webhooks/outcome_event.h"
#include "consumers/webhooks/payload.h"

namespace godwit::webhooks {
namespace {

using http::Request;
using http::Response;

constexpr int not_found = 404;

Response no_endpoint(const std::string& name) {
  return http::problem(not_found, fmt::format("endpoint {} not found", name));
}

Response refusal_of(const Error& error) {
  return error.kind == ErrorKind::invalid ? http::problem(400, error.message)
                                          : http::unavailable(error.message, 1);
}

Changer changer_of(const Request& request) {
  constexpr std::size_t text_bytes_max = 256;
  const auto text = [](std::string_view from) { return http::printable(from.substr(0, text_bytes_max)); };
  Changer out{.user = "anonymous", .ip_address = text(request.remote_address)};
  if (const auto agent = request.header("User-Agent")) out.user_agent = text(*agent);
  return out;
}

std::string_view word(Breaker::State state) {
  switch (state) {
    case Breaker::State::closed:
      return "closed";
    case Breaker::State::open:
      return "open";
    case Breaker::State::half_open:
      return "half_open";
  }
  return "";
}

void write_one(json::Writer& out, const std::string& name, const EndpointRecord& record,
               const Figures& figures, const std::map<std::string, EndpointHealth>& health) {
  out.begin_object();
  if (const auto endpoint = to_endpoint(record))
    write_settings(out, record, *endpoint);
  else
    out.member("name", name).member("error", endpoint.error().message);
  write_figures(out, figures);
  const auto found = health.find(name);
  out.member("breaker", word(found == health.end() ? Breaker::State::closed : found->second.breaker))
      .end_object();
}

Figures figures_of_one(const std::vector<FiguresByEndpoint>& parts, const std::string& name) {
  FiguresByEndpoint sum;
  for (const auto& part : parts) add(sum, part);
  return sum[name];
}

}  // namespace

void EndpointsView::routes(http::Router& router) {
  router.get("/api/v1/endpoints", [this](const Request& request) { return list(request); });
  router.post("/api/v1/endpoints", [this](const Request& request) { return create(request); });
  router.get("/api/v1/endpoints/{name}", [this](const Request& request) { return get(request); });
  router.put("/api/v1/endpoints/{name}", [this](const Request& request) { return replace(request); });
  router.del("/api/v1/endpoints/{name}", [this](const Request& request) { return remove(request); });
  router.post("/api/v1/endpoints/{name}/enable", [this](const Request& request) { return enable(request); });
  router.post("/api/v1/endpoints/{name}/test", [this](const Request& request) { return test(request); });
}

cluster::Gathered<FiguresByEndpoint> EndpointsView::gather(const Request& request) const {
  const auto health = dispatcher_.health();
  bool counted = false;  // tries are of the instance, not of its partitions
  const auto read = [&](const sqlite::Readers& files) {
    return figures_of(files, std::exchange(counted, true) ? std::map<std::string, EndpointHealth>{} : health);
  };
  return cluster::gather_parts<FiguresByEndpoint>(context_.peers, context_.readers, request.path, read,
                                                  read_wire);
}

Response EndpointsView::list(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  if (cluster::is_hop(request))
    return cluster::answer_hop(context_.readers, request, [this](const sqlite::Readers& files) {
      return http::json_response(to_wire(figures_of(files, dispatcher_.health())));
    });
  const auto gathered = gather(request);
  if (!gathered.coverage.known) return cluster::not_known(context_.peers);
  FiguresByEndpoint figures;
  for (const auto& part : gathered.parts) add(figures, part);
  const auto health = dispatcher_.health();
  const auto records = config_.records();
  json::Writer out;
  out.begin_object().key("endpoints").begin_array();
  for (const auto& [name, record] : records) write_one(out, name, record, figures[name], health);
  out.end_array().member("count", static_cast<std::int64_t>(records.size()));
  cluster::write_coverage(out, gathered.coverage);
  out.end_object();
  return http::json_response(out.take());
}

Response EndpointsView::get(const Request& request) const {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  if (cluster::is_hop(request))
    return cluster::answer_hop(context_.readers, request, [this](const sqlite::Readers& files) {
      return http::json_response(to_wire(figures_of(files, dispatcher_.health())));
    });
  const std::string& name = request.param("name");
  const auto record = config_.find(name);
  if (!record) return no_endpoint(name);
  const auto gathered = gather(request);
  if (!gathered.coverage.known) return cluster::not_known(context_.peers);
  json::Writer out;
  write_one(out, name, *record, figures_of_one(gathered.parts, name), dispatcher_.health());
  return http::json_response(out.take());
}

Response EndpointsView::store(const Request& request, const EndpointSettings& settings, int status) {
  if (auto put = config_.put(settings, changer_of(request)); !put) return refusal_of(put.error());
  const std::string& name = *find_setting(settings, "name");
  const auto record = config_.find(name);
  if (!record) return http::unavailable("the endpoint was removed meanwhile", 1);
  json::Writer out;
  write_one(out, name, *record, {}, {});
  return http::json_response(out.take(), status);
}

Response EndpointsView::create(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  auto settings = read_settings_json(request.body);
  if (!settings) return refusal_of(settings.error());
  const std::string* name = find_setting(*settings, "name");
  if (name != nullptr && config_.find(*name))
    return http::problem(409, fmt::format("there is already an endpoint {}", *name));
  return store(request, *settings, 201);
}

// What comes from a file is changed in the file: it would win at the next start.
Response EndpointsView::replace(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  auto settings = read_settings_json(request.body);
  if (!settings) return refusal_of(settings.error());
  const std::string& name = request.param("name");
  const std::string* given = find_setting(*settings, "name");
  if (given != nullptr && *given != name)
    return http::problem(400, "'name' cannot be changed: deliveries have it in their ids");
  if (given == nullptr) settings->push_back({"name", name});
  const auto before = config_.find(name);
  if (before && before->from_file)
    return http::problem(409, fmt::format("endpoint {} comes from a file; change it there", name));
  return store(request, *settings, before ? 200 : 201);
}

Response EndpointsView::remove(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& name = request.param("name");
  const auto before = config_.find(name);
  if (before && before->from_file)
    return http::problem(409, fmt::format("endpoint {} comes from a file; change it there", name));
  const auto removed = config_.remove(name, changer_of(request));
  if (!removed) return no_endpoint(name);
  if (!*removed) return refusal_of(removed->error());
  return {.status = 204};
}

Response EndpointsView::enable(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& name = request.param("name");
  const auto enabled = config_.enable(name, changer_of(request));
  if (!enabled) return no_endpoint(name);
  if (!*enabled) return refusal_of(enabled->error());
  const auto record = config_.find(name);
  if (!record) return no_endpoint(name);
  json::Writer out;
  write_one(out, name, *record, {}, dispatcher_.health());
  return http::json_response(out.take());
}

// A message like any other, of a migration that never was.
Response EndpointsView::test(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  const std::string& name = request.param("name");
  const auto record = config_.find(name);
  if (!record) return no_endpoint(name);
  const auto endpoint = to_endpoint(*record);
  if (!endpoint || endpoint->url.empty())
    return http::problem(409, fmt::format("endpoint {} cannot be used here", name));
  const Timestamp now = context_.clock.now();
  event::Event event;
  event.id = make_uuid_v7(now);
  event.source = event_source;
  event.subject = "test";
  event.type = event::Type::task_failed;  // what no kind has nothing to say of
  event.type_name = event::full_type(event.type);
  event.time = now;
  event.data.vm_name = "test";
  event.data.provider = "test";
  event.data.message = "A test message of godwit-webhooks: no migration has failed";
  const std::string id = "msg_test_" + event.id;
  auto body = make_body(kinds::make_notice(event), *endpoint, id);
  if (!body) return http::problem(409, "its kind has nothing to say of a failure");
  const Claimed message{
      .delivery_id = id, .endpoint = name, .subject = "test", .body = std::move(*body), .event_time = now};
  const auto tested = dispatcher_.test(*endpoint, message);
  if (!tested) return refusal_of(tested.error());
  const bool good = verdict_of(tested->answer) == Verdict::succeeded;
  json::Writer out;
  out.begin_object().member("delivery_id", message.delivery_id).member("succeeded", good);
  out.member("status_code", tested->answer.status).member("latency_ms", tested->latency.count());
  out.key("error");
  if (good)
    out.null();
  else
    out.value(describe(tested->answer));
  out.member("answer", tested->answer.body_head).end_object();
  return http::json_response(out.take());
}

}  // namespace godwit::webhooks
