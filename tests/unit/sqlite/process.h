// A consumer process over real files and a log in memory.
#pragma once

#include <fmt/format.h>

#include <string>

#include "common/projection/runner.h"
#include "counting_tables.h"

namespace godwit::sqlite::testing {

inline stream::OutRecord out_record(const std::string& id, const std::string& task) {
  return stream::encode(task_event(id, task));
}

inline std::int64_t ask(const Readers& readers, const std::string& sql) {
  std::int64_t sum = 0;
  readers.for_each([&](const std::string&, Database& db) {
    auto statement = db.prepare(sql);
    if (statement.step()) sum += statement.integer(0);
    return true;
  });
  return sum;
}

// One life of a consumer process over a log and a directory.
struct Process {
  Process(stream::MemoryLog& log, const std::string& data, FilesOptions options = {})
      : files(data, readers, {}, options),
        runner({.consumer = "counting", .poll = {.records_max = 10}}, files, log, clock, {}),
        source(log, runner) {
    source.assign({{lifecycle_7.topic, stream::Partition{0}}, {lifecycle_7.topic, stream::Partition{1}}});
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) {
      clock.advance(Millis{1000});
      runner.turn(source);
    }
  }
  FakeClock clock{from_unix_ms(0)};
  Readers readers;
  Files files;
  projection::Runner runner;
  stream::MemorySource source;
};

}  // namespace godwit::sqlite::testing
