// Ingest: takes events over HTTP into the log, and answers only when the log has them.
#pragma once

#include <atomic>
#include <cstdint>

#include "common/base/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/stream/publisher.h"
#include "producers/gateway/read_events.h"

namespace godwit::gateway {

struct IngestOptions {
  ReadLimits read = {};
  Millis acknowledge_timeout{10'000};  // for all events of one request
  int waiting_max = 24;                // requests that wait for Kafka at once; keeps threads free for /readyz
  int retry_after_seconds = 5;
};

// What has happened to events since the start.
struct IngestStats {
  std::uint64_t accepted = 0;          // acknowledged by the log
  std::uint64_t refused_requests = 0;  // held no events we take
  std::uint64_t unacknowledged = 0;    // answered 503: perhaps stored, perhaps not
};

// Safe from every thread. The publisher outlives it.
class Ingest {
 public:
  explicit Ingest(stream::Publisher& publisher, const IngestOptions& options = {})
      : publisher_(publisher), options_(options) {}

  // 202 {"ids":[...],"count":n} when every event is acknowledged; 400, 413 or 415 when nothing was published;
  // 503 with Retry-After when the log did not acknowledge in time. After a 503 events may have been stored,
  // and sending the same ids again is safe, for consumers count an event once; the answer says so.
  http::Response post(const http::Request& request);

  IngestStats stats() const;

 private:
  http::Response publish(const std::vector<event::Event>& events);

  stream::Publisher& publisher_;
  const IngestOptions options_;
  std::atomic<int> waiting_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> refused_requests_{0};
  std::atomic<std::uint64_t> unacknowledged_{0};
};

}  // namespace godwit::gateway
