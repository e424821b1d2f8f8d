#include "common/sqlite/readers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "counting_tables.h"

namespace godwit::sqlite::testing {
namespace {

TEST_CASE("readers see what is committed and nothing else") {
  Place place;
  const auto store = place.open().value();
  store->begin();
  fold(*store, 0, "t-1");
  CHECK(place.ask("SELECT count(*) FROM output") == 0);
  CHECK(place.ask("SELECT count(*) FROM position") == 0);
  store->commit();
  CHECK(place.ask("SELECT count(*) FROM output") == 1);
}

TEST_CASE("a visit sees one state from its first question to its last") {
  Place place;
  const auto store = place.open().value();
  const auto fold_one = [&](std::int64_t offset) {
    store->begin();
    fold(*store, offset, "t-1");
    store->commit();
  };
  fold_one(0);
  place.readers.for_each([&](const std::string&, Database& db) {
    auto events = db.prepare("SELECT count(*) FROM output");
    CHECK(events.step());
    CHECK(events.integer(0) == 1);
    events.reset();
    fold_one(1);  // the writer does not wait for readers
    CHECK(events.step());
    CHECK(events.integer(0) == 1);
    return true;
  });
  CHECK(place.ask("SELECT count(*) FROM output") == 2);
}

TEST_CASE("a reader cannot write") {
  Place place;
  const auto store = place.open().value();
  CHECK_THROWS_AS(place.ask("DELETE FROM output RETURNING 1"), StoreFailure);
}

TEST_CASE("a closed file is no longer read, and a visit may end early") {
  TemporaryDirectory directory;
  Readers readers;
  Files files{directory.path(), readers};
  auto first = files.open("p-0000", {"cluster-a"}).value();
  const auto second = files.open("p-0001", {"cluster-a"}).value();
  CHECK(readers.names() == std::vector<std::string>{"p-0000", "p-0001"});
  int visits = 0;
  readers.for_each([&](const std::string&, Database&) { return ++visits < 1; });
  CHECK(visits == 1);
  first.reset();
  CHECK(readers.names() == std::vector<std::string>{"p-0001"});
}

TEST_CASE("readers of some files read those alone, and only those that were open then") {
  TemporaryDirectory directory;
  Readers readers;
  Files files{directory.path(), readers};
  const auto first = files.open("p-0000", {"cluster-a"}).value();
  const auto second = files.open("p-0001", {"cluster-a"}).value();
  const Readers some{readers, {"p-0001", "p-0002"}};
  const auto third = files.open("p-0002", {"cluster-a"}).value();
  CHECK(some.names() == std::vector<std::string>{"p-0001"});
}

TEST_CASE("a thread that reads while another folds always sees positions and rows of one commit") {
  Place place;
  const auto store = place.open().value();
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::jthread reader{[&] {
    while (!done)
      if (place.ask("SELECT (SELECT count(*) FROM output) <> (SELECT coalesce(max(next_offset), 0) FROM "
                    "position)") != 0)
        ++torn;
  }};
  for (std::int64_t offset = 0; offset < 200; ++offset) {
    store->begin();
    fold(*store, offset, fmt::format("t-{}", offset % 3));
    store->commit();
  }
  done = true;
  reader.join();
  CHECK(torn == 0);
}

}  // namespace
}  // namespace godwit::sqlite::testing
