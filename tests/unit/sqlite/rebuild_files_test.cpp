// A rebuild on real files: generations, crashes, versions.
#include <doctest/doctest.h>

#include <filesystem>

#include "common/projection/rebuild.h"
#include "process.h"

namespace godwit::sqlite::testing {
namespace {

namespace fs = std::filesystem;
using projection::Rebuild;
using projection::RebuildState;

// The projection of the next version, which counts every event for ten.
struct CountingByTen : Counting {
  static constexpr int version = 2;
  void step(State& state, const event::Event& event, Outputs& out) const {
    state.events += 10;
    out.push_back(event.id);
  }
};

// What a user chose: what an event counts for.
template <int Weight>
struct CountingFor : Counting {
  std::string variant() const { return fmt::format("{}", Weight); }
  void step(State& state, const event::Event& event, Outputs& out) const {
    state.events += Weight;
    out.push_back(event.id);
  }
};

struct OtherLayout : CountingTables {
  static constexpr int layout = 2;
  using CountingTables::CountingTables;
};

template <class P, class Tables>
struct Life {
  Life(stream::MemoryLog& log, const std::string& data, std::size_t batch = 10)
      : files(data, readers),
        runner({.consumer = "counting", .poll = {.records_max = batch}}, files, log, clock, {}),
        source(log, runner),
        rebuild(
            {.consumer = "counting", .poll = {.records_max = batch}}, files, {&runner},
            [&log](stream::AssignmentListener& listener) -> Result<std::unique_ptr<stream::ManualSource>> {
              return std::unique_ptr<stream::ManualSource>{
                  std::make_unique<stream::MemorySource>(log, listener)};
            },
            clock) {
    source.assign({{lifecycle_7.topic, stream::Partition{0}}});
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) {
      runner.turn(source);
      rebuild.turn();
      clock.advance(Millis{1000});
    }
  }
  FakeClock clock{from_unix_ms(0)};
  Readers readers;
  PartitionFiles<P, Tables> files;
  projection::Runner runner;
  stream::MemorySource source;
  Rebuild rebuild;
};
using Now = Life<Counting, CountingTables>;
using Later = Life<CountingByTen, CountingTables>;

struct Given {
  explicit Given(int events = 50) {
    for (int i = 0; i < events; ++i) {
      log.append(out_record(fmt::format("e{}", i), "t-1"), stream::Partition{0});
      if (i == 10)
        log.append({.topic = lifecycle_7.topic, .key = "t-1", .value = "rubbish", .headers = {}},
                   stream::Partition{0});
    }
  }
  std::string file(const std::string& name) const { return directory / ("counting/" + name); }
  TemporaryDirectory directory;
  stream::MemoryLog log{1};
};

std::int64_t events(const Readers& readers) { return ask(readers, "SELECT sum(events) FROM task"); }

TEST_CASE("a rebuilt file takes the place of the one that serves, and the old one is removed") {
  Given given;
  Now life{given.log, given.directory.path()};
  life.turns(10);
  CHECK(life.rebuild.start(false));
  for (int turn = 0; turn < 30; ++turn) {
    life.turns(1);
    CHECK(events(life.readers) == 50);  // at no moment less, or nothing
  }
  CHECK(life.rebuild.snapshot().stores.at(0).state == RebuildState::swapped);
  CHECK(life.readers.path("p-0000") == given.file("v1/p-0000.g2.db"));
  CHECK_FALSE(fs::exists(given.file("v1/p-0000.db")));
  CHECK(ask(life.readers, "SELECT count(*) FROM dead_letter_place") == 1);
  given.log.append(out_record("late", "t-1"), stream::Partition{0});
  life.turns(2);
  CHECK(events(life.readers) == 51);
}

TEST_CASE("a rebuild that died goes on at the next start by itself, from where it was") {
  Given given;
  std::int64_t before = 0;
  for (int start = 0; start < 20; ++start) {
    Now life{given.log, given.directory.path(), 7};
    if (start == 1) CHECK(life.rebuild.start(false));
    life.turns(start == 0 ? 10 : 2);  // and dies
    CHECK(events(life.readers) == 50);
    if (!fs::exists(given.file("v1/p-0000.g2.db"))) continue;
    Database next = Database::open_or_throw(given.file("v1/p-0000.g2.db"), OpenMode::read_only);
    auto rows = next.prepare("SELECT count(*) FROM output");
    REQUIRE(rows.step());
    CHECK(rows.integer(0) >= before);
    before = rows.integer(0);
  }
  CHECK(before == 50);
  {
    Now last{given.log, given.directory.path()};
    last.turns(8);
  }
  Now after{given.log, given.directory.path()};
  after.turns(2);
  CHECK(after.readers.path("p-0000") == given.file("v1/p-0000.g2.db"));
  CHECK(ask(after.readers, "SELECT count(*) FROM output") == 50);
  CHECK(after.rebuild.snapshot().stores.empty());
}

TEST_CASE("what an old generation left is removed when its successor is opened") {
  Given given;
  {
    Now life{given.log, given.directory.path()};
    life.turns(10);
    fs::copy_file(given.file("v1/p-0000.db"), given.file("kept"));
    CHECK(life.rebuild.start(false));
    life.turns(30);
  }
  fs::copy_file(given.file("kept"), given.file("v1/p-0000.db"));  // as if it had died before removing it
  Now life{given.log, given.directory.path()};
  life.turns(2);
  CHECK(life.readers.path("p-0000") == given.file("v1/p-0000.g2.db"));
  CHECK_FALSE(fs::exists(given.file("v1/p-0000.db")));
}

TEST_CASE("dead letters not yet published are carried over to the successor") {
  Given given;
  Now life{given.log, given.directory.path()};
  life.turns(10);
  Database::open_or_throw(given.file("v1/p-0000.db"), OpenMode::read_write)
      .exec(
          "INSERT INTO dead_letter VALUES (7, 'migrations.lifecycle/0/11', 'rubbish');"
          "INSERT INTO dead_letter_header VALUES (7, 'godwit-reason', 'not_json')");
  const stream::TopicPartition letters{"godwit.deadletter", stream::Partition{0}};
  CHECK(given.log.records(letters).size() == 1);
  Database db = Database::open_or_throw(given.file("v1/p-0000.db"), OpenMode::read_only);
  CHECK(life.rebuild.start(false));
  life.turns(30);
  CHECK(ask(life.readers, "SELECT count(*) FROM dead_letter") == 0);
  CHECK(given.log.records(letters).size() == 2);
}

TEST_CASE("a new version rebuilds by itself while the old version's rows are served") {
  Given given;
  {
    Now life{given.log, given.directory.path()};
    life.turns(10);
  }
  given.log.append(out_record("late", "t-1"), stream::Partition{0});
  {
    Later life{given.log, given.directory.path(), 5};
    life.turns(3);
    CHECK(events(life.readers) == 50);  // frozen: the new event is not folded into it
    CHECK(life.runner.stats().frozen.contains("p-0000"));
    CHECK(life.runner.stats().frozen.at("p-0000").find("v1/p-0000.db") != std::string::npos);
  }
  Later life{given.log, given.directory.path(), 5};
  life.turns(40);
  CHECK(events(life.readers) == 510);
  CHECK(life.runner.stats().frozen.empty());
  CHECK(life.readers.path("p-0000") == given.file("v2/p-0000.db"));
  CHECK_FALSE(fs::exists(given.file("v1/p-0000.db")));
  CHECK(given.log.records({"godwit.deadletter", stream::Partition{0}}).size() == 1);
}

TEST_CASE("a new version that cannot read the old rows serves nothing of them") {
  Given given;
  {
    Now life{given.log, given.directory.path()};
    life.turns(10);
  }
  Life<CountingByTen, OtherLayout> life{given.log, given.directory.path(), 5};
  life.turns(3);
  CHECK(events(life.readers) < 500);
  life.turns(20);
  CHECK(events(life.readers) == 500);
}

TEST_CASE(
    "another variant of one version rebuilds by itself, also back to the one before and out of a crash") {
  Given given;
  {
    Now life{given.log, given.directory.path()};
    life.turns(10);
  }
  const auto counts = [&](auto life, std::int64_t expected) {
    life->turns(40);
    CHECK(events(life->readers) == expected);
    CHECK(life->runner.stats().frozen.empty());
  };
  using Triple = Life<CountingFor<3>, CountingTables>;
  using Fivefold = Life<CountingFor<5>, CountingTables>;
  {
    Triple cut_short{given.log, given.directory.path(), 5};
    cut_short.turns(3);
    CHECK(events(cut_short.readers) == 50);
    CHECK(cut_short.runner.stats().frozen.contains("p-0000"));
  }
  counts(std::make_unique<Fivefold>(given.log, given.directory.path(), 5), 250);
  counts(std::make_unique<Triple>(given.log, given.directory.path(), 5), 150);
  const std::string path = [&] {
    Triple same{given.log, given.directory.path(), 5};
    same.turns(5);
    CHECK(same.rebuild.snapshot().stores.empty());
    return same.readers.path("p-0000");
  }();
  CHECK(path.find("v1/p-0000.g") != std::string::npos);
  counts(std::make_unique<Now>(given.log, given.directory.path()), 50);
}

}  // namespace
}  // namespace godwit::sqlite::testing
