// Whatever is done to a store, the check finds it, and names the record or the tree.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "tests/unit/audit/tamper_rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;

namespace {

struct Victim {
  const char* description;
  int index;  // of an event there that is neither the first nor the last
};

// One record in each kind of table.
std::vector<Victim> victims() {
  return {{"sealed", 123}, {"closed", 223}, {"open", original().open_first() + 3}};
}

std::string table_of(int index) {
  if (index >= original().open_first()) return "record";
  return index < 2 * segment_rows ? "record" : fmt::format("record_{}", index / segment_rows * segment_rows);
}

sqlite::Database open_table(const Copy& copy, int index) {
  return index < 2 * segment_rows ? copy.open_segment(index / segment_rows * segment_rows) : copy.open();
}

std::string flipped(std::string bytes, std::size_t at) {
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  return bytes;
}

void flip_blob(const Copy& copy, int index, const std::string& column, std::size_t at) {
  auto db = open_table(copy, index);
  auto read = db.prepare(fmt::format("SELECT {} FROM {} WHERE id = ?", column, table_of(index)));
  REQUIRE(read.bind(std::int64_t{index}).step());
  const std::string bytes = flipped(std::string{read.blob(0)}, at);
  read.reset();
  db.prepare(fmt::format("UPDATE {} SET {} = ? WHERE id = ?", table_of(index), column))
      .run(sqlite::Statement::blob_of(bytes), std::int64_t{index});
}

void set(const Copy& copy, int index, const std::string& assignment) {
  open_table(copy, index)
      .exec(fmt::format("UPDATE {} SET {} WHERE id = {}", table_of(index), assignment, index));
}

}  // namespace

TEST_CASE("a store that nobody touched is well") {
  const Copy copy;
  for (const auto& report : {copy.check(), copy.check_with_log()}) {
    CHECK_MESSAGE(report.findings_count() == 0, text_of(report));
    REQUIRE(report.partitions.size() == 2);
    CHECK(report.partitions[0].origin == lifecycle_origin);
    CHECK(report.partitions[0].size == static_cast<std::uint64_t>(original().told));
    CHECK(report.partitions[0].signed_size == static_cast<std::uint64_t>(original().told));
    CHECK(report.partitions[1].origin == activity_origin);
    CHECK(report.partitions[1].size == 5);
  }
}

TEST_CASE("one bit of what Kafka held is found and its record named") {
  for (const Victim& victim : victims()) {
    CAPTURE(victim.description);
    constexpr std::size_t at = 5;  // of the headers: a size, so that they can no longer be read
    for (const char* column : {"value", "key", "headers"}) {
      CAPTURE(column);
      const Copy copy;
      flip_blob(copy, victim.index, column, at);
      const auto report = copy.check();
      CHECK_MESSAGE(tells_index(report, victim.index, "are not those of its leaf"), text_of(report));
      CHECK_FALSE(tells_index(report, victim.index - 1, ""));
      CHECK_FALSE(tells_index(report, victim.index + 1, ""));
    }
    for (const char* flip : {"record_ms = record_ms + 1", "log_offset = log_offset + 1048576", "value = NULL",
                             "key = NULL", "value = x''"}) {
      CAPTURE(flip);
      const Copy copy;
      set(copy, victim.index, flip);
      const auto report = copy.check();
      CHECK_MESSAGE(tells_index(report, victim.index, "are not those of its leaf"), text_of(report));
    }
  }
}

TEST_CASE("an index column that does not follow from the bytes is found and named") {
  for (const Victim& victim : victims()) {
    CAPTURE(victim.description);
    for (const std::string column :
         {"event_type", "event_id", "source", "task_id", "vm_name", "provider", "user", "ip_address", "stage",
          "plan_id", "refusal_kind", "refusal_pointer", "refusal_detail", "event_ms", "success",
          "duplicate"}) {
      CAPTURE(column);
      const Copy copy;
      const bool number = column == "event_ms" || column == "success" || column == "duplicate";
      set(copy, victim.index,
          fmt::format("\"{0}\" = {1}", column, number ? "1 - \"" + column + "\"" : "'x'"));
      const auto report = copy.check();
      CHECK_MESSAGE(tells_index(report, victim.index, "not what its bytes say: " + column), text_of(report));
    }
  }
}

TEST_CASE("a flag of what was sent again, and what is said of a record that is no event, are checked too") {
  const Copy copy;
  set(copy, 140, "duplicate = 0, event_id = 'e-other'");
  set(copy, 250, "refusal_detail = 'fine'");
  const auto report = copy.check();
  CHECK_MESSAGE(tells_index(report, 140, "duplicate"), text_of(report));
  CHECK(tells_index(report, 250, "refusal_detail"));
}

TEST_CASE("a value that was taken out is told, though the leaf is still there") {
  const Copy copy;
  set(copy, 223, "value = NULL, value_digest = zeroblob(36)");
  CHECK(tells_index(copy.check(), 223, "its value was taken out"));
}

TEST_CASE("a record that was deleted is missing by its index") {
  for (const Victim& victim : victims()) {
    CAPTURE(victim.description);
    const Copy copy;
    open_table(copy, victim.index)
        .exec(fmt::format("DELETE FROM {} WHERE id = {}", table_of(victim.index), victim.index));
    CHECK(tells_index(copy.check(), victim.index, "it is missing"));
  }
}

TEST_CASE("records that changed places are found by their offsets") {
  for (const Victim& victim : victims()) {
    CAPTURE(victim.description);
    const Copy copy;
    open_table(copy, victim.index)
        .exec(fmt::format("UPDATE {0} SET id = -1 WHERE id = {1}; UPDATE {0} SET id = {1} WHERE id = {2};"
                          "UPDATE {0} SET id = {2} WHERE id = -1",
                          table_of(victim.index), victim.index, victim.index + 1));
    const auto report = copy.check();
    CHECK_MESSAGE(tells_index(report, victim.index + 1, "does not come after"), text_of(report));
  }
}

TEST_CASE("a record that stands there twice, and one that was put in, are found where they are") {
  for (const Victim& victim : victims()) {
    for (const char* offset : {"log_offset", "log_offset + 1"}) {
      CAPTURE(victim.description);
      CAPTURE(offset);
      const Copy copy;
      auto db = open_table(copy, victim.index);
      db.exec(
          fmt::format("UPDATE {0} SET id = -id - 1, log_offset = {2} + 1 WHERE id > {1};"
                      "UPDATE {0} SET id = -id WHERE id < 0;"
                      "CREATE TEMP TABLE again AS SELECT * FROM {0} WHERE id = {1};"
                      "UPDATE again SET id = id + 1, duplicate = 1, log_offset = {2};"
                      "INSERT INTO {0} SELECT * FROM again;",
                      table_of(victim.index), victim.index, offset));
      const auto report = copy.check();
      CHECK_MESSAGE(tells_index(report, victim.index + 1,
                                std::string_view{offset} == "log_offset" ? "does not come after"
                                                                         : "are not those of its leaf"),
                    text_of(report));
    }
  }
}

TEST_CASE("records cut off the end are missed by the tree") {
  const Copy copy;
  copy.change(fmt::format("DELETE FROM record WHERE id >= {}", original().told - 3));
  const auto report = copy.check();
  CHECK_MESSAGE(tells_size(report, original().told, fmt::format("there are {} records", original().told - 3)),
                text_of(report));
  CHECK(tells_size(report, original().told, "cut off or rolled back"));
  CHECK(tells(report, "its position in the log"));
}

TEST_CASE("a segment's file that is gone is missed") {
  for (const int first : {0, segment_rows}) {
    CAPTURE(first);
    const Copy copy;
    std::filesystem::remove(copy.segment_file(first));
    CHECK(tells_index(copy.check(), first, "is missing: the records"));
    // And when nothing speaks of it any more.
    std::filesystem::remove(copy.segment_folder() + "/" + manifest_name(first));
    copy.change(fmt::format("DELETE FROM segment WHERE first_index = {}", first));
    const auto report = copy.check();
    CHECK_MESSAGE(tells_index(report, first, "it is missing: the records"), text_of(report));
  }
}

TEST_CASE("a segment's file that is not the sealed one is found, whatever its rows say") {
  const Copy copy;
  copy.open_segment(0).exec("CREATE TABLE more(x); DROP INDEX record_by_user;");
  CHECK(tells_index(copy.check(), 0, "is not the one that was sealed"));
}

TEST_CASE("a segment's file that is none, a manifest, and a file too many are told") {
  const Copy copy;
  std::filesystem::remove(copy.segment_file(0));
  std::filesystem::copy(copy.segment_file(100), copy.segment_folder() + "/000000009900.db");
  std::filesystem::copy(copy.segment_folder() + "/" + manifest_name(100),
                        copy.segment_folder() + "/" + manifest_name(0),
                        std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy(copy.segment_file(100), copy.segment_file(0));
  const auto report = copy.check();
  CHECK_MESSAGE(tells_index(report, 0, "it is missing: the records [0, 100)"), text_of(report));
  CHECK(tells_index(report, 0, "manifest"));
  CHECK(tells(report, "000000009900.db lies among its segments"));
}

TEST_CASE("what is stored beside the records is checked against them") {
  const auto told_after = [](const std::string& sql) {
    const Copy copy;
    copy.change(sql);
    return copy.check();
  };
  const auto told = original().told;
  CHECK(tells_index(told_after("UPDATE segment SET latest_ms = latest_ms + 1 WHERE first_index = 200"), 200,
                    "not what its records say: latest_ms"));
  CHECK(tells_index(told_after("UPDATE segment SET ids = zeroblob(length(ids)) WHERE first_index = 0"), 0,
                    "not what its records say: ids"));
  CHECK(tells_size(told_after("UPDATE segment SET root = zeroblob(32) WHERE first_index = 200"), 300,
                   "its segment has another root"));
  CHECK(tells_size(told_after("UPDATE tile SET hash = zeroblob(32)"), 256, "[0, 256)"));
  CHECK(tells_size(told_after("DELETE FROM tile"), 256, "[0, 256)"));
  CHECK(tells_size(told_after("INSERT INTO tile VALUES (1, 9, zeroblob(32))"), told, "rows of table tile"));
  CHECK(tells_size(told_after("INSERT INTO epoch VALUES (9, zeroblob(32))"), told, "rows of table epoch"));
  CHECK(tells_index(told_after("UPDATE tree SET segment_bytes = 1"), told - 7, "1 are stored"));
  CHECK(tells(told_after("UPDATE position SET next_offset = next_offset + 1"), "its position in the log"));
  CHECK(tells(told_after("UPDATE origin SET partition = 1"), "its file is called migrations.lifecycle-0000"));
}

TEST_CASE("a bit of the frontier is found, in the store and beside a checkpoint") {
  const Copy copy;
  {
    auto db = copy.open();
    auto read = db.prepare("SELECT frontier FROM tree");
    REQUIRE(read.step());
    const std::string frontier = flipped(std::string{read.blob(0)}, 20);
    read.reset();
    db.prepare("UPDATE tree SET frontier = ?").run(sqlite::Statement::blob_of(frontier));
  }
  CHECK(tells_size(copy.check(), original().told, "its stored frontier is not that of the records"));
  const Copy other;
  other.open_signed().exec(
      "UPDATE signed SET frontier = (SELECT frontier FROM signed WHERE size = 200) WHERE size = 100");
  CHECK(tells_size(other.check(), 100, "its frontier is not that of its note"));
}
