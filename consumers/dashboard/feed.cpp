#include "consumers/dashboard/feed.h"

#include <fmt/format.h>

#include <charconv>

#include "common/base/log.h"
#include "common/cluster/gather.h"
#include "common/http/parameters.h"
#include "common/http/sse.h"
#include "common/json/fields.h"
#include "common/json/writer.h"

namespace godwit::dashboard {
namespace {

constexpr Millis heartbeat{10'000};
constexpr int nesting_max = 64;
constexpr const char* changes_path = "/api/v1/stream/changes";

// The rows of another instance's answer, joined; nullopt when it is none.
std::optional<std::string> read_rows(std::string_view body) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(body.data(), body.size());
  if (document.HasParseError() || !json::nests_within(document, nesting_max)) return std::nullopt;
  const json::Object in{document};
  if (in.find("rows") == nullptr) return std::nullopt;
  std::string rows;
  in.each("rows", [&](const rapidjson::Value& row) {
    if (!rows.empty()) rows += ',';
    rows += json::text_of(row);
  });
  return rows;
}

void join(std::string& rows, const std::string& more) {
  if (!rows.empty() && !more.empty()) rows += ',';
  rows += more;
}

std::size_t size_of(const Recent::Changes& changes) {
  std::size_t size = 0;
  for (const auto& [store, tasks] : changes.by_store) size += tasks.size();
  return size;
}

}  // namespace

Feed::Feed(const service::ViewContext& context, Tell tell, const FeedOptions& options)
    : context_(context),
      tell_(std::move(tell)),
      options_(options),
      epoch_(fmt::format("{:x}", to_unix_ms(context.clock.now()))) {}

void Feed::start() {
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void Feed::stop() {
  thread_.request_stop();
  news_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Feed::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock{mutex_};
      if (!news_.wait(lock, stop, [this] { return watching_ > 0; })) return;
      news_.wait_for(lock, stop, options_.interval, [] { return false; });
      if (watching_ == 0) {
        // Nobody is told of what changes now: who comes back later begins anew.
        frames_.clear();
        continue;
      }
    }
    try {
      turn(Steady::now());
    } catch (const projection::StoreUnavailable& failure) {
      log_warn("the live stream: {}", failure.what());
      push("reset", "{}");
    }
  }
}

void Feed::turn(Steady::time_point now) {
  if (now - told_at_ > RecentOptions{}.kept) told_at_ = now - options_.others_window;
  const bool ask = !context_.peers.shares().peers.empty() && now - asked_at_ >= options_.others_interval;
  if (ask) asked_at_ = now;
  const Gathered gathered = ask ? of_all(now) : local(told_at_);
  told_at_ = now;
  if (!gathered.whole) {
    push("reset", "{}");
  } else if (!gathered.rows.empty()) {
    push("tasks",
         fmt::format(R"({{"time":"{}","tasks":[{}]}})", format_rfc3339(context_.clock.now()), gathered.rows));
  }
  if (now - figures_at_ < options_.figures_interval) return;
  figures_at_ = now;
  push("figures", tell_.figures());
}

Feed::Gathered Feed::local(Steady::time_point since) {
  const Recent::Changes changes = recent_.since(since);
  if (!changes.whole || size_of(changes) > options_.frame_rows_max) return {.rows = "", .whole = false};
  return {.rows = changes.by_store.empty() ? "" : tell_.rows(context_.readers, changes)};
}

Feed::Gathered Feed::of_all(Steady::time_point now) {
  Gathered out;
  const auto since = std::min(told_at_, now);
  cluster::gather(
      context_.peers, context_.readers, changes_path,
      [&](const sqlite::Readers&) {
        Gathered own = local(since);
        join(out.rows, own.rows);
        out.whole = out.whole && own.whole;
      },
      [&](std::string_view body) {
        const auto rows = read_rows(body);
        if (rows) join(out.rows, *rows);
        return rows.has_value();
      });
  return out;
}

http::Response Feed::changes(const http::Request& request) {
  if (!cluster::is_hop(request)) return http::problem(404, "this path is for other instances");
  return cluster::answer_hop(context_.readers, request, [&](const sqlite::Readers& files) {
    const auto changes = recent_.since(Steady::now() - options_.others_window);
    return http::json_response(fmt::format(R"({{"rows":[{}]}})", tell_.rows(files, changes)));
  });
}

void Feed::push(const std::string& event, const std::string& data) {
  const std::lock_guard lock{mutex_};
  ++number_;
  frames_.push_back({number_, http::sse_frame({.event = event, .id = id_of(number_), .data = data})});
  while (frames_.size() > options_.frames_max) frames_.pop_front();
  news_.notify_all();
}

std::string Feed::id_of(std::uint64_t number) const { return fmt::format("{}-{}", epoch_, number); }

std::string Feed::hello() const {
  return fmt::format(R"({{"time":"{}"}})", format_rfc3339(context_.clock.now()));
}

http::Response Feed::stream(const http::Request& request) {
  if (auto unknown = http::unknown_parameter(request, {"last_event_id"}))
    return http::bad_parameter(*unknown);
  const std::string last_id{
      request.header("Last-Event-ID").value_or(request.query("last_event_id").value_or(""))};
  return http::sse_response([this, last_id](http::StreamWriter& out) {
    {
      const std::lock_guard lock{mutex_};
      ++watching_;
      news_.notify_all();
    }
    send(out, last_id);
    const std::lock_guard lock{mutex_};
    --watching_;
  });
}

// Sends what came after `last_id`, or a reset when that is not known any more; then whatever comes.
void Feed::send(http::StreamWriter& out, const std::string& last_id) {
  std::uint64_t sent = 0;
  bool gap = !last_id.empty();
  {
    const std::lock_guard lock{mutex_};
    sent = number_;
    if (last_id.starts_with(epoch_ + "-")) {
      std::uint64_t last = 0;
      const char* end = last_id.data() + last_id.size();
      const auto read = std::from_chars(last_id.data() + epoch_.size() + 1, end, last);
      const bool held = last == number_ || (!frames_.empty() && frames_.front().number <= last + 1);
      if (read.ptr == end && last <= number_ && held) {
        sent = last;
        gap = false;
      }
    }
  }
  if (!out.send(http::sse_retry(options_.retry))) return;
  if (!out.send(http::sse_frame({.event = gap ? "reset" : "hello", .id = id_of(sent), .data = hello()})))
    return;
  while (!out.stopping()) {
    std::string text;
    {
      std::unique_lock lock{mutex_};
      news_.wait_for(lock, out.stop_token(), heartbeat, [&] { return number_ > sent; });
      if (!frames_.empty() && frames_.front().number > sent + 1)
        text = http::sse_frame({.event = "reset", .id = id_of(sent), .data = hello()});
      for (const Frame& frame : frames_)
        if (frame.number > sent) text += frame.text;
      sent = number_;
    }
    if (text.empty()) text = http::sse_heartbeat();
    if (!out.send(text)) return;
  }
}

}  // namespace godwit::dashboard
