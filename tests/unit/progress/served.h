// A consumer as it runs, without its process: a log in memory, the one loop, partition files in a temporary
// directory, and its view behind a router that is called directly.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "common/http/router.h"
#include "common/projection/runner.h"
#include "common/service/view.h"
#include "common/sqlite/partition_files.h"
#include "common/stream/event_record.h"
#include "common/stream/memory_log.h"
#include "tests/lib/temporary_directory.h"

namespace godwit::test {

inline constexpr std::int32_t served_partitions = 4;

template <class P, class Tables, class View, class Settings>
class Served {
 public:
  explicit Served(const Settings& settings = {})
      : view({readers, log, clock, peers, stores.directory()}, settings) {
    view.routes(router);
    std::vector<stream::TopicPartition> all;
    for (const char* topic : {"migrations.lifecycle", "migrations.progress", "platform.activity"})
      for (std::int32_t partition = 0; partition < served_partitions; ++partition)
        all.push_back({topic, stream::Partition{partition}});
    source.assign(all);
  }

  // Appends to the log; fold() reads all that has been told.
  void tell(const event::Event& event) { log.append(stream::encode(event)); }
  void fold() {
    bool at_end = false;
    for (int turn = 0; turn < turns_max && !at_end; ++turn) {
      runner.turn(source);
      at_end = runner.stats().source_error == std::nullopt;
      for (const stream::Watermark& mark : source.watermarks()) at_end = at_end && mark.at_end;
    }
    REQUIRE(at_end);
    REQUIRE(runner.stats().refused.empty());
  }

  http::Response get(std::string_view target, const http::NameValues& headers = {}) const {
    auto request = http::make_request("GET", target);
    REQUIRE(request);
    request->headers = headers;
    return router.handle(std::move(*request));
  }

  static constexpr int turns_max = 1000;

  testing::TemporaryDirectory directory;
  FakeClock clock{from_unix_ms(1'790'000'000'000)};
  stream::MemoryLog log{served_partitions};
  sqlite::Readers readers;
  cluster::Alone peers{readers};
  sqlite::PartitionFiles<P, Tables> stores{directory.path(), readers};
  View view;
  http::Router router;
  projection::Runner runner{
      {.consumer = std::string{P::name}},
      stores,
      log,
      clock,
      [this](const std::string& store, const projection::Touched& touched) { view.changed(store, touched); }};
  stream::MemorySource source{log, runner};
};

}  // namespace godwit::test
