// A genuine SQLITE_FULL: the writer's connection may not let its file grow, as on a volume without room.
#include <doctest/doctest.h>

#include <map>

#include "process.h"

namespace godwit::sqlite::testing {
namespace {

constexpr const char* no_limit = "1073741823";
constexpr const char* full_message = "database or disk is full (SQLite 13)";

// Tables that remember the connection they write through, by store, and of which each event needs a page.
class TablesOnVolume : public CountingTables {
 public:
  static std::string schema() {
    return CountingTables::schema() + "CREATE TABLE IF NOT EXISTS bulk (bytes BLOB);";
  }
  explicit TablesOnVolume(Database& db)
      : CountingTables(db),
        bulk_(db.prepare("INSERT INTO bulk VALUES (zeroblob(3000))")),
        name_(store_of_file(db.path().substr(db.path().rfind('/') + 1))) {
    writers[name_] = &db;
  }
  TablesOnVolume(const TablesOnVolume&) = delete;
  TablesOnVolume& operator=(const TablesOnVolume&) = delete;
  ~TablesOnVolume() { writers.erase(name_); }

  void apply(Counting::Outputs& outputs) {
    CountingTables::apply(outputs);
    bulk_.run();
  }

  static void fill(const std::string& store) { bound(store, "1"); }  // SQLite takes the size it has instead
  static void free(const std::string& store) { bound(store, no_limit); }

 private:
  static void bound(const std::string& store, const std::string& pages) {
    auto pragma = writers.at(store)->prepare("PRAGMA max_page_count = " + pages);
    while (pragma.step()) {
    }
  }
  static inline std::map<std::string, Database*> writers;
  Statement bulk_;
  std::string name_;
};

struct Consumer {
  explicit Consumer(stream::MemoryLog& told) : log(told), source(log, runner) {
    source.assign({{lifecycle_7.topic, stream::Partition{0}}, {lifecycle_7.topic, stream::Partition{1}}});
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) {
      clock.advance(Millis{1000});
      runner.turn(source);
    }
  }
  std::int64_t ask_one(const std::string& store, const std::string& sql) const {
    return ask(Readers{readers, {store}}, sql);
  }
  TemporaryDirectory directory;
  stream::MemoryLog& log;
  FakeClock clock{from_unix_ms(0)};
  Readers readers;
  PartitionFiles<Counting, TablesOnVolume> files{directory.path(), readers};
  projection::Runner runner{{.consumer = "counting", .poll = {.records_max = 10}}, files, log, clock, {}};
  stream::MemorySource source;
};

struct Full {
  Full() {
    tell(0, 3), tell(1, 3);
    consumer.turns(2);
    TablesOnVolume::fill("p-0000");
  }
  void tell(int partition, int count) {
    for (int i = 0; i < count; ++i)
      log.append(out_record(fmt::format("e{}", ++told), "t-1"), stream::Partition{partition});
  }
  std::size_t letters() const {
    std::size_t out = 0;
    for (int partition = 0; partition < 2; ++partition)
      out += log.records({std::string{projection::dead_letter_topic}, stream::Partition{partition}}).size();
    return out;
  }
  int told = 0;
  stream::MemoryLog log{2};
  Consumer consumer{log};
};

TEST_CASE("SQLITE_FULL stops its partition and says so; the others go on and all answer") {
  Full full;
  full.tell(0, 20), full.tell(1, 20);
  full.consumer.turns(6);
  const auto stats = full.consumer.runner.stats();
  REQUIRE(stats.suspended.contains("p-0000"));
  for (const char* part : {"p-0000.db", full_message})
    CHECK_MESSAGE(stats.suspended.at("p-0000").find(part) != std::string::npos, part);
  CHECK(stats.suspended.size() == 1);
  CHECK(stats.refused.empty());
  CHECK(full.consumer.ask_one("p-0000", "SELECT sum(events) FROM task") == 3);
  CHECK(full.consumer.ask_one("p-0000", "SELECT next_offset FROM position") == 3);
  CHECK(full.consumer.ask_one("p-0001", "SELECT sum(events) FROM task") == 23);
}

TEST_CASE("when there is room again the partition goes on by itself, with nothing lost or doubled") {
  Full full;
  full.tell(0, 10);
  full.log.append({.topic = lifecycle_7.topic, .key = "t-1", .value = "rubbish", .headers = {}},
                  stream::Partition{0});
  full.tell(0, 10);
  full.consumer.turns(6);
  REQUIRE(full.consumer.runner.stats().suspended.contains("p-0000"));
  CHECK(full.letters() == 0);
  TablesOnVolume::free("p-0000");
  full.consumer.turns(6);
  CHECK(full.consumer.runner.stats().suspended.empty());
  CHECK(full.consumer.ask_one("p-0000", "SELECT sum(events) FROM task") == 23);
  CHECK(full.consumer.ask_one("p-0000", "SELECT count(*) FROM output") == 23);
  CHECK(full.consumer.ask_one("p-0000", "SELECT count(*) FROM kept") == 24);
  CHECK(full.consumer.ask_one("p-0000", "SELECT next_offset FROM position") == 24);
  CHECK(full.letters() == 1);
}

TEST_CASE("a volume that is full again and again costs nothing but time") {
  Full full;
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    full.tell(0, 40);  // more than what a probe has left spare
    full.consumer.turns(6);
    CHECK(full.consumer.runner.stats().suspended.contains("p-0000"));
    TablesOnVolume::free("p-0000");
    full.consumer.turns(8);
    CHECK(full.consumer.ask_one("p-0000", "SELECT count(*) FROM output") == 3 + 40 * (round + 1));
    TablesOnVolume::fill("p-0000");
  }
  CHECK(full.consumer.ask_one("p-0000", "SELECT sum(events) FROM task") == 203);
}

}  // namespace
}  // namespace godwit::sqlite::testing
