#include "consumers/dashboard/upstreams.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace godwit::dashboard {
namespace {

using http::Request;
using http::Response;

// Headers of an answer that say something to the page.
constexpr std::array<std::string_view, 4> passed_headers{"etag", "cache-control", "retry-after",
                                                         "content-disposition"};

Response nobody(const std::string& consumer, const std::string& why) {
  return http::problem(502, fmt::format("godwit-{} does not answer: {}", consumer, why),
                       {{"consumer", consumer}});
}

struct Export {
  std::string_view format;
  const char* content_type;
};
constexpr std::array<Export, 4> exports{{{"ndjson", "application/x-ndjson"},
                                         {"csv", "text/csv; charset=utf-8"},
                                         {"cef", "text/plain; charset=utf-8"},
                                         {"ocsf", "application/x-ndjson"}}};

}  // namespace

Upstreams::Upstreams(Urls urls, const UpstreamLimits& limits) : limits_(limits), urls_(std::move(urls)) {}

std::vector<std::string> Upstreams::consumers() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> names;
  for (const auto& [name, urls] : urls_) names.push_back(name);
  return names;
}

std::vector<std::string> Upstreams::in_order(const std::string& consumer) const {
  const std::lock_guard lock{mutex_};
  const auto found = urls_.find(consumer);
  return found == urls_.end() ? std::vector<std::string>{} : found->second;
}

std::string Upstreams::url_of(const std::string& consumer) const {
  const auto urls = in_order(consumer);
  return urls.empty() ? "" : urls.front();
}

void Upstreams::prefer(const std::string& consumer, const std::string& url) {
  const std::lock_guard lock{mutex_};
  auto& urls = urls_[consumer];
  const auto at = std::find(urls.begin(), urls.end(), url);
  if (at != urls.end()) std::rotate(urls.begin(), at, at + 1);
}

Result<http::ClientResponse> Upstreams::ask(const std::string& consumer, const std::string& target) {
  std::string why = "no address of it is known";
  for (const std::string& url : in_order(consumer)) {
    http::ClientRequest question{.url = url + target};
    question.connect_timeout = limits_.connect_timeout;
    question.total_timeout = limits_.timeout;
    question.response_bytes_max = limits_.answer_bytes_max;
    auto answer = std::move(client_.send({question}, limits_.timeout).front());
    if (answer.ok() && !answer->body_cut) {
      prefer(consumer, url);
      return answer;
    }
    why = answer.ok() ? "its answer is too long" : answer.error().message;
  }
  return transient_error(why);
}

Response Upstreams::pass(const std::string& consumer, const Request& request) {
  auto answer = ask(consumer, http::target_of(request));
  if (!answer) return nobody(consumer, answer.error().message);
  Response response{.status = answer->status};
  response.content_type = std::string{answer->header("content-type").value_or("application/octet-stream")};
  response.body = std::move(answer->body);
  for (const std::string_view name : passed_headers)
    if (const auto value = answer->header(name)) response.headers.emplace_back(name, std::string{*value});
  if (!answer->header("cache-control")) response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

// The head goes out before the answer's status is known, so an instance is found by asking for its life
// first.
Response Upstreams::pass_stream(const std::string& consumer, const Request& request,
                                const std::string& content_type, const std::string& file_name) {
  if (auto alive = ask(consumer, "/healthz"); !alive) return nobody(consumer, alive.error().message);
  Response response = {.content_type = content_type, .end_must_show = true};
  response.headers.emplace_back("Content-Disposition", fmt::format("attachment; filename=\"{}\"", file_name));
  response.headers.emplace_back("Cache-Control", "no-store");
  const std::string url = url_of(consumer) + http::target_of(request);
  response.stream = [limits = limits_, url, consumer](http::StreamWriter& out) {
    http::ClientRequest question{.url = url};
    question.connect_timeout = limits.connect_timeout;
    question.total_timeout = Millis{0};
    question.stall_timeout = limits.export_stall;
    question.sink = [&out](std::string_view bytes) { return out.send(bytes); };
    const auto answer = http::Client{}.send(question);
    if (!answer || answer->status != 200)
      throw std::runtime_error{fmt::format("an export of godwit-{} broke off", consumer)};
  };
  return response;
}

void add_upstreams(http::Router& router, Upstreams& upstreams) {
  const auto pass = [&](const char* pattern, const char* consumer) {
    router.get(pattern,
               [&upstreams, consumer](const Request& request) { return upstreams.pass(consumer, request); });
  };
  pass("/api/v1/progress", "progress");
  pass("/api/v1/progress/{task_id}", "progress");
  pass("/api/v1/audit/{event_id}", "audit");
  pass("/api/v1/audit/key", "audit");
  pass("/api/v1/audit/checkpoint", "audit");
  pass("/api/v1/audit/proof/inclusion", "audit");
  pass("/api/v1/audit/proof/consistency", "audit");
  pass("/api/v1/deliveries", "webhooks");
  pass("/api/v1/deliveries/{delivery_id}", "webhooks");
  pass("/api/v1/endpoints", "webhooks");
  pass("/stats", "metrics");
  router.get("/api/v1/audit", [&upstreams](const Request& request) {
    const auto wanted = request.query("format");
    for (const Export& each : exports)
      if (wanted == each.format)
        return upstreams.pass_stream("audit", request, each.content_type, "godwit-audit." + *wanted);
    return upstreams.pass("audit", request);
  });
}

}  // namespace godwit::dashboard
