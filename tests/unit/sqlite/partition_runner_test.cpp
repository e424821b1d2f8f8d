// The runner on real files: what the memory store promises, the disk keeps.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "process.h"

namespace godwit::sqlite::testing {
namespace {

TEST_CASE("a consumer that dies again and again neither loses nor doubles anything") {
  const TemporaryDirectory directory;
  stream::MemoryLog log{2};
  for (int i = 0; i < 100; ++i) {
    log.append(out_record(fmt::format("e{}", i), fmt::format("t-{}", i % 7)));
    if (i % 10 == 0)
      log.append({.topic = lifecycle_7.topic, .key = "t-1", .value = "rubbish", .headers = {}});
  }
  for (int life = 0; life < 30; ++life) {
    Process process{log, directory.path()};
    process.runner.turn(process.source);
  }
  Process last{log, directory.path()};
  last.runner.turn(last.source);
  CHECK(ask(last.readers, "SELECT sum(events) FROM task") == 100);
  CHECK(ask(last.readers, "SELECT count(*) FROM output") == 100);
  CHECK(ask(last.readers, "SELECT count(*) FROM kept") == 110);
}

TEST_CASE("a file in use is refused by name, and read when its owner is gone") {
  const TemporaryDirectory directory;
  stream::MemoryLog log{2};
  log.append(out_record("e1", "t-1"));
  auto first = std::make_unique<Process>(log, directory.path());
  first->runner.turn(first->source);
  Process second{log, directory.path()};
  second.runner.turn(second.source);
  CHECK(second.runner.stats().refused.size() == 2);
  CHECK(second.readers.names().empty());
  first.reset();
  second.source.assign(
      {{lifecycle_7.topic, stream::Partition{0}}, {lifecycle_7.topic, stream::Partition{1}}});
  second.runner.turn(second.source);
  CHECK(second.runner.stats().refused.empty());
  CHECK(ask(second.readers, "SELECT count(*) FROM output") == 1);
}

}  // namespace
}  // namespace godwit::sqlite::testing
