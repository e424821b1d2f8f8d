// What godwit-gateway can be told, and the options that follow from it.
#pragma once

#include <string>
#include <vector>

#include "common/http/server.h"
#include "common/service/flags.h"
#include "producers/gateway/gate.h"
#include "producers/gateway/ingest.h"

namespace godwit::gateway {

struct Settings : service::ProgramFlags {
  std::int64_t http_threads = 32;
  std::int64_t body_bytes_max = 8'000'000;
  std::int64_t request_timeout_ms = 10'000;
  std::int64_t batch_events_max = 1'000;
  std::int64_t queue_events_max = 100'000;
  std::int64_t acknowledge_ms = 10'000;
  std::string tokens = {};
  double events_per_second = 0;
  double burst_events = 2'000;
  std::vector<std::string> cors_origins = {};
  std::int64_t idempotency_seconds = 600;
  std::string access_events = "on";

  void add(service::Flags& flags);

  Millis acknowledge() const { return Millis{acknowledge_ms}; }
  http::ServerOptions server() const;
  IngestOptions ingest() const;
  RateLimitOptions rate() const {
    return {.events_per_second = events_per_second, .burst_events = burst_events};
  }
};

}  // namespace godwit::gateway
