// What SQL can do to the audit's rows: nothing but append the next one.
#include <doctest/doctest.h>

#include <functional>

#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;

namespace {

// What SQLite says to this statement on a connection of its own; empty when it was done.
std::string refusal_of(const Rig& rig, const std::string& sql) {
  try {
    rig.open_by_hand().exec(sql);
    return "";
  } catch (const sqlite::StoreFailure& failure) {
    return failure.what();
  }
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view columns =
    "record_ms, event_ms, event_type, success, duplicate, event_id, source, task_id, vm_name, provider, "
    "user, ip_address, refusal_kind, "
    "refusal_pointer, refusal_detail, leaf, headers, key, value";

// Inserts a copy of the first row.
std::string insert(std::string_view verb, std::string_view id, std::string_view offset) {
  return fmt::format("{} INTO record(id, log_offset, {}) SELECT {}, {}, {} FROM record WHERE id = 0", verb,
                     columns, id, offset, columns);
}

struct ThreeRows : Rig {
  ThreeRows() {
    for (const char* id : {"a", "b", "c"}) append(task_event(Type::task_started, id));
    fold();
  }
};

}  // namespace

TEST_CASE_FIXTURE(ThreeRows, "rows are neither changed nor deleted") {
  for (const char* sql : {"UPDATE record SET event_id = 'x'", "UPDATE record SET value = NULL WHERE id = 1",
                          "UPDATE OR REPLACE record SET id = 0 WHERE id = 1"})
    CHECK(contains(refusal_of(*this, sql), "audit rows are never changed"));
  for (const char* sql : {"DELETE FROM record", "DELETE FROM record WHERE id = 2"})
    CHECK(contains(refusal_of(*this, sql), "audit rows are never deleted"));
  CHECK(rows() == 3);
}

TEST_CASE_FIXTURE(ThreeRows, "a row can neither be replaced, nor inserted before, nor inserted with a gap") {
  for (const char* id : {"0", "1", "2", "4", "-1", "NULL"})
    for (const char* verb : {"INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"})
      CHECK(contains(refusal_of(*this, insert(verb, id, "100")),
                     "audit rows are appended one by one, in the order of the log"));
  const std::string upsert = insert("INSERT", "1", "100") + " ON CONFLICT(id) DO UPDATE SET event_id = 'x'";
  CHECK(contains(refusal_of(*this, upsert), "audit rows are"));
  CHECK(rows() == 3);
}

TEST_CASE_FIXTURE(ThreeRows, "the next row must be later in the log") {
  CHECK(contains(refusal_of(*this, insert("INSERT", "3", "2")),
                 "audit rows are appended one by one, in the order of the log"));
  CHECK(contains(refusal_of(*this, insert("INSERT OR REPLACE", "3", "0")),
                 "audit rows are appended one by one, in the order of the log"));
}

TEST_CASE_FIXTURE(ThreeRows, "a file keeps its origin") {
  CHECK(contains(refusal_of(*this, "UPDATE origin SET topic = 'x'"), "the origin is never changed"));
  CHECK(contains(refusal_of(*this, "DELETE FROM origin"), "the origin is never deleted"));
  CHECK(contains(refusal_of(*this, "INSERT OR REPLACE INTO origin VALUES (0, 'x', 1)"), "one origin"));
}

TEST_CASE("an empty file takes no row but the first") {
  Rig rig;
  rig.fold();
  CHECK(contains(refusal_of(rig,
                            "INSERT INTO record(id, log_offset, record_ms, event_ms, event_type, success, "
                            "duplicate, event_id, leaf, headers) "
                            "VALUES (1, 0, 0, 0, 'x', 1, 0, 'x', x'00', x'00000000')"),
                 "audit rows are appended one by one, in the order of the log"));
}

TEST_CASE_FIXTURE(ThreeRows, "the loop itself goes on appending after all this") {
  CHECK(!refusal_of(*this, "DELETE FROM record").empty());
  append(task_event(Type::task_paused, "d"));
  fold();
  CHECK(rows() == 4);
}
