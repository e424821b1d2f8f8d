#include "producers/gateway/ingest.h"

#include <fmt/format.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "common/base/log.h"
#include "common/json/writer.h"
#include "common/stream/event_record.h"

namespace godwit::gateway {
namespace {

// The acknowledgements of one request. Shared with the publisher, since they may come after we gave up
// waiting.
class Acknowledgements {
 public:
  explicit Acknowledgements(std::size_t expected) : missing_(expected) {}

  void take(const Result<stream::Placed>& result) {
    const std::lock_guard lock{mutex_};
    --missing_;
    if (!result && !error_) error_ = result.error();
    changed_.notify_all();
  }

  // Done when all have come and each is good; the first error as soon as there is one.
  Status wait(Millis timeout) {
    std::unique_lock lock{mutex_};
    const bool decided = changed_.wait_for(lock, timeout, [this] { return missing_ == 0 || error_; });
    if (error_) return *error_;
    if (!decided) return transient_error(fmt::format("no acknowledgement within {} ms", timeout.count()));
    return Done{};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t missing_;
  std::optional<Error> error_;
};

Status publish_all(stream::Publisher& publisher, const std::vector<event::Event>& events, Millis timeout) {
  auto acknowledgements = std::make_shared<Acknowledgements>(events.size());
  for (const event::Event& event : events) {
    auto taken = publisher.publish(
        stream::encode(event),
        [acknowledgements](const Result<stream::Placed>& result) { acknowledgements->take(result); });
    if (!taken) return taken;
  }
  return acknowledgements->wait(timeout);
}

http::Response accepted(const std::vector<event::Event>& events) {
  json::Writer out;
  out.begin_object().key("ids").begin_array();
  for (const event::Event& event : events) out.value(event.id);
  out.end_array().member("count", static_cast<std::uint64_t>(events.size())).end_object();
  return http::json_response(out.take(), 202);
}

http::Response refusal(const Refused& refused) {
  std::vector<http::ProblemMember> members{{"pointer", refused.pointer}};
  if (refused.index) members.emplace_back("index", static_cast<std::int64_t>(*refused.index));
  const std::string where = refused.index ? fmt::format("event {} of the batch: ", *refused.index) : "";
  const std::string what = refused.pointer.empty() ? "" : refused.pointer + " ";
  return http::problem(refused.status, where + what + refused.message, members);
}

// Counts a request as waiting while it lives.
class Waiting {
 public:
  explicit Waiting(std::atomic<int>& count) : count_(count), place_(count.fetch_add(1)) {}
  ~Waiting() { count_.fetch_sub(1); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  int place() const { return place_; }

 private:
  std::atomic<int>& count_;
  int place_;
};

}  // namespace

http::Response Ingest::post(const http::Request& request) {
  const auto events = read_events(request, options_.read);
  if (!events) {
    refused_requests_.fetch_add(1);
    return refusal(events.error());
  }
  return publish(*events);
}

http::Response Ingest::publish(const std::vector<event::Event>& events) {
  const Waiting waiting{waiting_};
  if (waiting.place() >= options_.waiting_max)
    return http::unavailable("too many requests wait for Kafka; nothing was stored",
                             options_.retry_after_seconds);
  const Status stored = publish_all(publisher_, events, options_.acknowledge_timeout);
  if (stored) {
    accepted_.fetch_add(events.size());
    return accepted(events);
  }
  unacknowledged_.fetch_add(events.size());
  log_warn("{} events not acknowledged: {}", events.size(), stored.error().message);
  if (stored.error().kind == ErrorKind::transient)
    return http::unavailable(
        "Kafka did not acknowledge in time; the events may have been stored, and sending them again with the "
        "same ids is safe",
        options_.retry_after_seconds);
  return http::problem(
      500,
      "Kafka refused an event for good; the log of the gateway says why, and other events of "
      "the request may have been stored");
}

IngestStats Ingest::stats() const {
  return {.accepted = accepted_.load(),
          .refused_requests = refused_requests_.load(),
          .unacknowledged = unacknowledged_.load()};
}

}  // namespace godwit::gateway
