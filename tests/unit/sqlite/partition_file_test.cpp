#include "common/sqlite/partition_file.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "counting_tables.h"

namespace godwit::sqlite::testing {
namespace {

using Store = std::unique_ptr<projection::PartitionStore>;
using Positions = std::vector<stream::Position>;

Store open_in(Place& place) {
  auto store = place.open();
  REQUIRE_MESSAGE(store.ok(), store.error().message);
  return std::move(*store);
}

TEST_CASE("a new file has no positions, and its schema") {
  Place place;
  const Store store = open_in(place);
  CHECK(store->positions().empty());
  CHECK(place.ask("SELECT count(*) FROM task") == 0);
  CHECK(std::filesystem::exists(place.path()));
}

TEST_CASE("states, outputs, kept records and positions are committed together") {
  Place place;
  const Store store = open_in(place);
  store->begin();
  CHECK_FALSE(store->position(record_at(0)));
  fold(*store, 0, "t-1");
  CHECK(store->position(record_at(1)) == stream::Offset{1});
  fold(*store, 4, "t-1");  // offsets have holes
  fold(*store, 5, "t-2");
  CHECK(store->positions().empty());  // not committed
  CHECK(store->commit() == projection::Touched{"t-1", "t-2"});
  CHECK(store->positions() == Positions{{lifecycle_7, stream::Offset{6}}});
  CHECK(place.ask("SELECT events FROM task WHERE id = 't-1'") == 2);
  CHECK(place.ask("SELECT count(*) FROM output") == 3);
  CHECK(place.ask("SELECT count(*) FROM kept WHERE good") == 3);
  CHECK(place.ask("SELECT next_offset FROM position") == 6);
  CHECK(place.ask("SELECT count(*) FROM task WHERE log_position = '7:6'") == 2);
}

TEST_CASE("a file dropped without a commit holds what was committed before, and goes on from there") {
  Place place;
  Store store = open_in(place);
  store->begin();
  fold(*store, 0, "t-1");
  store->commit();
  store->begin();
  fold(*store, 1, "t-1");
  store.reset();

  store = open_in(place);
  CHECK(store->positions() == Positions{{lifecycle_7, stream::Offset{1}}});
  CHECK(place.ask("SELECT events FROM task WHERE id = 't-1'") == 1);
  CHECK(place.ask("SELECT count(*) FROM output") == 1);
  store->begin();
  CHECK(store->position(record_at(0)) == stream::Offset{1});
  fold(*store, 1, "t-1");
  store->commit();
  CHECK(place.ask("SELECT events FROM task WHERE id = 't-1'") == 2);
}

TEST_CASE("what was rolled back is forgotten, also by the states in memory") {
  Place place;
  const Store store = open_in(place);
  store->begin();
  fold(*store, 0, "t-1");
  store->commit();
  store->begin();
  fold(*store, 1, "t-1");
  fold(*store, 2, "t-2");
  store->rollback();
  CHECK(store->positions() == Positions{{lifecycle_7, stream::Offset{1}}});
  store->begin();
  fold(*store, 1, "t-1");
  CHECK(store->commit() == projection::Touched{"t-1"});
  CHECK(place.ask("SELECT events FROM task WHERE id = 't-1'") == 2);
  CHECK(place.ask("SELECT count(*) FROM task") == 1);
}

TEST_CASE("a step whose rows cannot be written fails as a whole") {
  Place place;
  const Store store = open_in(place);
  store->begin();
  fold(*store, 0, "t-1");
  store->commit();
  store->begin();
  fold(*store, 1, "t-1");
  CHECK_THROWS_AS(store->fold(record_at(1), task_event("e9", "t-1")), StoreFailure);  // kept once already
  store->rollback();
  CHECK(place.ask("SELECT events FROM task WHERE id = 't-1'") == 1);
  CHECK(store->positions() == Positions{{lifecycle_7, stream::Offset{1}}});
}

TEST_CASE("a second open is refused while the first lives, and works when it is gone") {
  Place place;
  Store store = open_in(place);
  Files other{place.directory.path(), place.readers};
  const auto second = other.open("p-0007", {"cluster-a"});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::fatal);
  CHECK(second.error().message.find("in use by another process") != std::string::npos);
  CHECK(place.ask("SELECT 1") == 1);  // the first can still be read
  store.reset();
  CHECK(other.open("p-0007", {"cluster-a"}));
}

TEST_CASE("a file of another cluster is refused with the way out, and is not touched") {
  Place place;
  Store store = open_in(place);
  store->begin();
  fold(*store, 0, "t-1");
  store->commit();
  store.reset();
  const auto other = place.open({"cluster-b"});
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::fatal);
  for (const char* part : {"p-0007.db", "cluster-a", "cluster-b", "--brokers", "rebuild"})
    CHECK_MESSAGE(other.error().message.find(part) != std::string::npos, part);
  store = open_in(place);
  CHECK(store->positions() == Positions{{lifecycle_7, stream::Offset{1}}});
}

TEST_CASE("a file is not claimed for a cluster whose name is not known yet") {
  Place place;
  const auto unknown = place.open({""});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::transient);
  CHECK(place.open({"cluster-a"}));
}

TEST_CASE("a file of another version of the projection is refused") {
  Place place;
  open_in(place).reset();
  Database::open_or_throw(place.path(), OpenMode::read_write)
      .exec("UPDATE meta SET value = 'counting v2' WHERE name = 'projection'");
  const auto other = place.open();
  REQUIRE_FALSE(other);
  CHECK(other.error().message.find("belongs to counting v2, not to counting v1") != std::string::npos);
}

TEST_CASE("a directory that cannot be made is told") {
  Readers readers;
  Files files{"/proc/nowhere", readers};
  const auto store = files.open("p-0007", {"cluster-a"});
  REQUIRE_FALSE(store);
  CHECK(store.error().kind == ErrorKind::transient);
  CHECK(store.error().message.find("/proc/nowhere") != std::string::npos);
}

TEST_CASE("dead letters are kept with their bytes and headers until they are marked") {
  Place place;
  Store store = open_in(place);
  stream::Record poison = record_at(0);
  const std::string bytes{"\0rubbish\xFF", 9};
  poison.value = bytes;
  poison.headers = {{"x-origin", "\xFF"}};
  stream::Record tombstone = record_at(1);
  tombstone.value.reset();
  store->begin();
  store->dead_letter(poison, {"not_json", "", "no JSON"});
  store->advance(poison);
  store->dead_letter(tombstone, {"no_value", "", "no value"});
  store->advance(tombstone);
  store->commit();
  CHECK(place.ask("SELECT count(*) FROM kept WHERE NOT good") == 2);
  store.reset();

  store = open_in(place);
  auto letters = store->unpublished(10);
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].record.topic == "godwit.deadletter");
  CHECK(letters[0].record.key == "migrations.lifecycle/7/0");
  CHECK(letters[0].record.value == bytes);
  CHECK(letters[0].record.headers.at(0) == std::pair<std::string, std::string>{"x-origin", "\xFF"});
  CHECK_FALSE(letters[1].record.value);
  CHECK(store->unpublished(1).size() == 1);

  store->mark_published({letters[0].id});
  letters = store->unpublished(10);
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].record.key == "migrations.lifecycle/7/1");
  store->mark_published({letters[0].id});
  CHECK(store->unpublished(10).empty());
  CHECK(place.ask("SELECT count(*) FROM dead_letter_header") == 0);
}

TEST_CASE("a dead letter of a transaction that is rolled back is none") {
  Place place;
  const Store store = open_in(place);
  store->begin();
  store->dead_letter(record_at(0), {"not_json", "", "no JSON"});
  store->rollback();
  CHECK(store->unpublished(10).empty());
}

}  // namespace
}  // namespace godwit::sqlite::testing
