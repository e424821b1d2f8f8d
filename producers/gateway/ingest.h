// Ingest: takes events over HTTP into the log, and answers only when the log has them.
#pragma once

#include <atomic>
#include <cstdint>

#include "common/base/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/stream/publisher.h"
#include "producers/gateway/answers.h"
#include "producers/gateway/gate.h"
#include "producers/gateway/idempotency.h"

namespace godwit::gateway {

struct IngestOptions {
  ReadLimits read = {};
  Millis acknowledge_timeout{10'000};  // for all events of one request
  int waiting_max = 24;                // requests that wait for Kafka at once; keeps threads free for /readyz
  RetryAfter retry = {};
  IdempotencyOptions idempotency = {};
};

// What has happened to events since the start, and what waits now.
struct IngestStats {
  std::uint64_t accepted = 0;        // acknowledged by the log
  std::uint64_t invalid = 0;         // refused for what they say; a request refused whole counts as one
  std::uint64_t turned_away = 0;     // for want of room; not stored
  std::uint64_t unacknowledged = 0;  // perhaps stored, perhaps not
  std::uint64_t refused = 0;         // by Kafka, for good
  int requests_waiting = 0;
  int requests_waiting_max = 0;
};

// Safe from every thread. Publisher and clock outlive it.
class Ingest {
 public:
  Ingest(stream::Publisher& publisher, const Clock& clock, const IngestOptions& options = {})
      : publisher_(publisher), options_(options), idempotency_(options.idempotency, clock) {}

  // See answers.h. Nothing is published of a request that is refused whole or turned away with 429. After a
  // 503 events may have been stored, and sending the same ids again is safe, for consumers count an event
  // once. An answer that sending again would not better is kept for the request's Idempotency-Key.
  Served post(const http::Request& request, const std::string& caller);

  IngestStats stats() const;
  IdempotencyStats idempotency() const { return idempotency_.stats(); }

 private:
  std::vector<Fate> publish(const std::vector<event::Event>& events);
  void count(const Reading& reading, const std::vector<Fate>& fates);

  stream::Publisher& publisher_;
  const IngestOptions options_;
  Idempotency idempotency_;
  std::atomic<int> waiting_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> invalid_{0};
  std::atomic<std::uint64_t> turned_away_{0};
  std::atomic<std::uint64_t> unacknowledged_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace godwit::gateway
