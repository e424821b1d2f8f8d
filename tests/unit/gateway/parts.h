// A whole gateway but for its server and Kafka, for tests.
#pragma once

#include "common/stream/memory_log.h"
#include "producers/gateway/routes.h"
#include "tests/unit/gateway/requests.h"

namespace godwit::gateway {

// A publisher that acknowledges, fails or keeps silent, as told.
class ToldPublisher final : public stream::Publisher {
 public:
  enum class Mood { acknowledge, silent, full, refuse };

  Status publish(stream::OutRecord record, stream::Acknowledge acknowledge) override {
    const std::lock_guard lock{mutex_};
    if (mood_ == Mood::full) return transient_error("the queue is full");
    records_.push_back(std::move(record));
    if (mood_ == Mood::acknowledge) acknowledge(stream::Placed{stream::Partition{0}, stream::Offset{0}});
    if (mood_ == Mood::refuse) acknowledge(invalid_error("never"));
    return Done{};
  }
  Status flush(Millis) override { return Done{}; }

  void be(Mood mood) {
    const std::lock_guard lock{mutex_};
    mood_ = mood;
  }
  std::vector<stream::OutRecord> records(std::string_view topic) const {
    const std::lock_guard lock{mutex_};
    std::vector<stream::OutRecord> out;
    for (const auto& record : records_)
      if (record.topic == topic) out.push_back(record);
    return out;
  }

 private:
  mutable std::mutex mutex_;
  Mood mood_ = Mood::acknowledge;
  std::vector<stream::OutRecord> records_;
};

struct Parts {
  ToldPublisher publisher;
  FakeClock clock{*parse_rfc3339("2026-11-21T10:00:00Z")};
  AccessLog access_log;
  Ingest ingest;
  Gate gate;

  explicit Parts(const GateOptions& gate_options = {}, const IngestOptions& ingest_options = {})
      : access_log(publisher, clock, {.source = "/gateways/test"}),
        ingest(publisher, clock, ingest_options),
        gate(with_log(gate_options, access_log), clock) {}

  http::Router routes() {
    return make_routes(
        {.ingest = ingest, .gate = gate, .kafka_reachable = []() -> Status { return Done{}; }});
  }
  http::Response ask(const http::Request& request) { return routes().handle(request); }
  std::vector<stream::OutRecord> lifecycle() const { return publisher.records("migrations.lifecycle"); }
  // The api_access events, decoded.
  std::vector<event::Event> accesses() const {
    std::vector<event::Event> out;
    for (const auto& record : publisher.records("platform.activity"))
      out.push_back(*event::decode_structured(*record.value));
    return out;
  }

 private:
  static GateOptions with_log(GateOptions options, AccessLog& log) {
    options.access_log = &log;
    return options;
  }
};

}  // namespace godwit::gateway
