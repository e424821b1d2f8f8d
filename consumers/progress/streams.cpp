#include "consumers/progress/streams.h"

#include <fmt/format.h>

#include "common/cluster/route.h"
#include "common/http/parameters.h"
#include "common/http/sse.h"
#include "common/projection/store_key.h"
#include "common/stream/partitioner.h"
#include "consumers/progress/outlets.h"
#include "consumers/progress/socket.h"
#include "consumers/progress/task_list.h"

namespace godwit::progress {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t id_bytes_max = 8192;

// A browser sends the header when it connects again; the parameter serves clients that cannot set it.
std::optional<std::string> last_event_id(const Request& request) {
  if (const auto header = request.header("Last-Event-ID")) return std::string{*header};
  return request.query("last_event_id");
}

struct Returning {
  std::optional<SeenPlaces> seen;
  bool reset = false;  // it comes with an id that is none of ours
};

Returning returning(const Request& request) {
  const auto id = last_event_id(request);
  if (!id || id->empty()) return {};
  auto seen = id->size() <= id_bytes_max ? read_seen(*id) : std::nullopt;
  return {.seen = seen, .reset = !seen};
}

Result<Millis, http::BadParameter> read_interval(const Request& request, Millis fallback) {
  const auto rate = http::query_integer(request, "max_rate", {.min = 1, .max = 20, .fallback = 0});
  if (!rate) return rate.error();
  return *rate == 0 ? fallback : Millis{1000 / *rate};
}

}  // namespace

Streams::Streams(const service::ViewContext& context, const Settings& settings, Show show)
    : context_(context), settings_(settings), feeder_(hub_, context_, std::move(show)) {}

void Streams::routes(http::Router& router) {
  router.get("/api/v1/stream/{task_id}", [this](const Request& request) { return one(request); });
  router.get("/api/v1/stream", [this](const Request& request) { return many(request); });
  router.get("/api/v1/ws", [this](const Request& request) { return socket(request); });
  router.get("/api/v1/progress/changes", [this](const Request& request) { return feeder_.answer(request); });
}

std::string Streams::store_of(const std::string& task_id) const {
  const auto count = context_.peers.shares().count;
  if (count == 0) return {};  // whatever is here is all
  return projection::store_name(projection::StoreKey::partition, "", stream::partition_of(task_id, count));
}

// 200 when there is something to be told of the task, else what to answer instead.
Response Streams::known(const Request& request, const std::string& task_id,
                        const std::optional<SeenPlaces>& seen) const {
  return cluster::answer_key(
      context_.peers, context_.readers, request, task_id, [&](const sqlite::Readers& files) {
        Response out = http::problem(404, fmt::format("task {} not found", task_id));
        files.for_each([&](const std::string& store, sqlite::Database& db) {
          auto rows = db.prepare("SELECT lifecycle_next, status FROM task WHERE task_id = ? AND removed = 0");
          if (!rows.bind(task_id).step()) return true;
          const auto phase = projection::phase_from(rows.text(1));
          const bool ended = phase && projection::is_terminal(*phase);
          const auto place = seen ? seen->find(store) : SeenPlaces::const_iterator{};
          // A tick that comes after the end changes nothing any more.
          const bool told = seen && place != seen->end() && rows.integer(0) <= place->second.lifecycle;
          out = ended && told ? Response{.status = 204}  // nothing will follow: do not connect again
                              : http::json_response("{}");
          return false;
        });
        return out;
      });
}

Response Streams::one(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {"last_event_id", "max_rate"}))
    return http::bad_parameter(*unknown);
  const auto interval = read_interval(request, settings_.stream_interval_min);
  if (!interval) return http::bad_parameter(interval.error());
  const std::string& task_id = request.param("task_id");
  auto [seen, reset] = returning(request);
  Response there = known(request, task_id, seen);
  // Who comes back while the partition moves waits on the stream, not at the door.
  const bool moving = there.status == 503 && seen;
  if (cluster::is_hop(request) || (there.status != 200 && !moving)) return there;
  return live({.task_id = task_id}, store_of(task_id), std::move(seen), *interval, reset);
}

Response Streams::many(const Request& request) {
  if (auto unknown =
          http::unknown_parameter(request, {"plan", "provider", "status", "last_event_id", "max_rate"}))
    return http::bad_parameter(*unknown);
  const auto interval = read_interval(request, settings_.stream_interval_min);
  if (!interval) return http::bad_parameter(interval.error());
  const auto status = query_status(request);
  if (!status) return http::bad_parameter(status.error());
  const auto plan = http::query_text(request, "plan", 256);
  if (!plan) return http::bad_parameter(plan.error());
  const auto provider = http::query_text(request, "provider", 64);
  if (!provider) return http::bad_parameter(provider.error());
  auto [seen, reset] = returning(request);
  return live({.task_id = {},
               .plan = plan->value_or(""),
               .provider = provider->value_or(""),
               .status = status->value_or("")},
              {}, std::move(seen), *interval, reset);
}

Response Streams::live(Choice choice, std::string store, std::optional<SeenPlaces> seen, Millis interval,
                       bool reset) {
  Response out = http::sse_response({});
  out.live = std::make_shared<const http::LiveStream>(http::LiveStream{
      .kind = http::LiveKind::sse,
      .begin =
          [this, choice = std::move(choice), store = std::move(store), seen = std::move(seen), interval,
           reset](std::shared_ptr<http::LiveSink> sink) {
            sink->send({std::make_shared<const std::string>(http::sse_retry(settings_.stream_retry))});
            auto outlet = std::make_shared<SseOutlet>(std::move(sink));
            if (reset) outlet->reset();
            hub_.watch(choice, store, seen, interval, std::move(outlet));
            feeder_.wake();
          },
      .heard = {}});
  return out;
}

Response Streams::socket(const Request& request) {
  if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
  auto session = std::make_shared<SocketSession>(
      hub_, [this](const std::string& task_id) { return store_of(task_id); }, settings_.stream_interval_min,
      [this] { feeder_.wake(); });
  Response out;
  out.live = std::make_shared<const http::LiveStream>(
      http::LiveStream{.kind = http::LiveKind::websocket,
                       .begin = [](const std::shared_ptr<http::LiveSink>&) {},
                       .heard = [session](const std::shared_ptr<http::LiveSink>& sink,
                                          std::string_view text) { session->hear(sink, text); }});
  return out;
}

}  // namespace godwit::progress
