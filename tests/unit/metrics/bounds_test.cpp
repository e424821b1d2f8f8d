// Labels stay bounded, whatever producers say, and a rebuild bounds them alike.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "consumers/metrics/tables.h"

namespace godwit::metrics_view {
namespace {

struct Rows {
  sqlite::Database db = sqlite::Database::open(":memory:", sqlite::OpenMode::read_write).value();
  std::unique_ptr<Tables> tables;

  Rows() { reopen(); }
  void reopen() {
    db.exec(Tables::schema());
    tables = std::make_unique<Tables>(db);
  }
  void count(const std::string& provider, const std::string& mode = "cold", std::uint64_t by = 1) {
    tables->apply({.increments = {{{started, {provider, mode}}, by}}});
  }
  std::int64_t number(const std::string& sql) {
    auto query = db.prepare(sql);
    REQUIRE(query.step());
    return query.integer(0);
  }
  std::int64_t of_provider(const std::string& provider) {
    return number(fmt::format("SELECT total(value) FROM counter WHERE l1 = '{}'", provider));
  }
};

TEST_CASE("the first values of a label keep their names, later ones are other, also after a restart") {
  Rows rows;
  const int values = static_cast<int>(Bounds::label_values_max);
  for (int i = 0; i < values + 5; ++i) {
    rows.count(fmt::format("p{}", i));
    if (i % 7 == 0) rows.tables->flush();
  }
  rows.tables->flush();
  rows.reopen();
  rows.count("one more");
  rows.count("p3");
  rows.tables->flush();
  CHECK(rows.of_provider("other") == 6);
  CHECK(rows.of_provider("p3") == 2);
  CHECK(rows.number("SELECT count(*) FROM counter") == values + 1);
  CHECK(rows.number("SELECT sum(value) FROM counter") == values + 7);
}

TEST_CASE("a value forgotten by a rollback does not use up the bound") {
  Rows rows;
  for (std::size_t i = 0; i < Bounds::label_values_max; ++i) rows.count(fmt::format("gone{}", i));
  rows.tables->discard();
  rows.count("vsphere");
  rows.tables->flush();
  CHECK(rows.of_provider("vsphere") == 1);
  CHECK(rows.of_provider("other") == 0);
}

TEST_CASE("where allowed values make too many series, the rest is one series") {
  Rows rows;
  const int across = 40;
  for (int provider = 0; provider < across; ++provider)
    for (int mode = 0; mode < across; ++mode)
      rows.count(fmt::format("p{}", provider), fmt::format("m{}", mode));
  rows.tables->flush();
  CHECK(rows.number("SELECT count(*) FROM counter") == 501);
  CHECK(rows.number("SELECT sum(value) FROM counter") == across * across);
}

TEST_CASE("a long value is cut, not between the bytes of a character") {
  Rows rows;
  std::string longest = "x";
  while (longest.size() < Bounds::label_bytes_max + 10) longest += "é";
  rows.count(longest);
  rows.tables->flush();
  CHECK(rows.number("SELECT length(CAST(l1 AS BLOB)) FROM counter") == Bounds::label_bytes_max - 1);
}

TEST_CASE("an exemplar is the latest by event time, in whatever order they come") {
  for (const bool backwards : {false, true}) {
    Rows rows;
    for (int i = 0; i < 3; ++i) {
      const int moment = backwards ? 2 - i : i;
      rows.tables->apply({.observations = {{{migration_duration, {"p", "cold", "completed"}}, 2000}},
                          .at = from_unix_ms(1000 + moment),
                          .trace_id = fmt::format("trace-{}", moment)});
      if (i == 0) rows.tables->flush();
    }
    rows.tables->flush();
    CHECK(rows.number("SELECT at_ms FROM exemplar WHERE trace_id = 'trace-2'") == 1002);
    CHECK(rows.number("SELECT count(*) FROM exemplar") == 1);
  }
}

}  // namespace
}  // namespace godwit::metrics_view
