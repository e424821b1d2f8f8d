#include "common/sqlite/database.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "tests/lib/temporary_directory.h"

namespace godwit::sqlite::testing {
namespace {

using godwit::testing::TemporaryDirectory;

Database open_at(const std::string& path) {
  auto db = Database::open(path, OpenMode::read_write);
  REQUIRE_MESSAGE(db.ok(), db.error().message);
  return std::move(*db);
}

std::int64_t count(Database& db, const std::string& table) {
  auto statement = db.prepare("SELECT count(*) FROM " + table);
  REQUIRE(statement.step());
  return statement.integer(0);
}

TEST_CASE("a file that cannot be opened is told by its path") {
  const TemporaryDirectory directory;
  for (const OpenMode mode : {OpenMode::read_only, OpenMode::read_write}) {
    const auto db = Database::open(directory / "nowhere/x.db", mode);
    REQUIRE_FALSE(db);
    CHECK(db.error().kind == ErrorKind::fatal);
    CHECK(db.error().message.find(directory / "nowhere/x.db") != std::string::npos);
  }
  CHECK_FALSE(Database::open(directory / "missing.db", OpenMode::read_only).ok());
}

TEST_CASE("a file that is no database is refused when it is opened") {
  const TemporaryDirectory directory;
  std::ofstream{directory / "x.db"} << std::string(8192, 'x');
  const auto db = Database::open(directory / "x.db", OpenMode::read_write);
  REQUIRE_FALSE(db);
  CHECK(db.error().message.find("not a database") != std::string::npos);
}

TEST_CASE("a statement that is wrong fails with the file and the reason") {
  const TemporaryDirectory directory;
  Database db = open_at(directory / "x.db");
  try {
    db.prepare("SELECT * FROM absent");
    FAIL("prepared");
  } catch (const StoreFailure& failure) {
    CHECK(std::string{failure.what()} == fmt::format("{}: no such table: absent (SQLite 1)", db.path()));
    CHECK(failure.code() == 1);
  }
  CHECK_THROWS_AS(db.exec("INSERT INTO absent VALUES (1)"), StoreFailure);
}

TEST_CASE("a constraint that is broken is told with its extended code, and the statement can be used again") {
  const TemporaryDirectory directory;
  Database db = open_at(directory / "x.db");
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  auto insert = db.prepare("INSERT INTO t VALUES (?)");
  insert.run(1);
  try {
    insert.run(1);
    FAIL("inserted twice");
  } catch (const StoreFailure& failure) {
    CHECK(failure.code() == 1555);  // SQLITE_CONSTRAINT_PRIMARYKEY
    CHECK(std::string{failure.what()}.find("UNIQUE constraint failed") != std::string::npos);
  }
  insert.run(2);
  CHECK(count(db, "t") == 2);
}

TEST_CASE("every kind of value comes back as it went in") {
  const TemporaryDirectory directory;
  Database db = open_at(directory / "x.db");
  db.exec("CREATE TABLE t (a, b, c, d, e, f)");
  const std::string bytes{"\0\xFFx", 3};
  db.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)")
      .run(std::int64_t{-9007199254740991}, 0.1, "", Statement::blob_of(bytes), nullptr,
           std::optional<std::string>{"ü"});
  auto row = db.prepare("SELECT * FROM t");
  REQUIRE(row.step());
  CHECK(row.integer(0) == -9007199254740991);
  CHECK(row.real(1) == 0.1);
  CHECK_FALSE(row.is_null(2));
  CHECK(row.text(2).empty());
  CHECK(row.blob(3) == bytes);
  CHECK(row.is_null(4));
  CHECK_FALSE(row.maybe_text(4));
  CHECK_FALSE(row.maybe_integer(4));
  CHECK(row.maybe_text(5) == "ü");
  CHECK_FALSE(row.step());
}

TEST_CASE("binding again starts over and forgets the values before") {
  const TemporaryDirectory directory;
  Database db = open_at(directory / "x.db");
  auto pair = db.prepare("SELECT ?1, ?2");
  pair.bind(1, 2);
  REQUIRE(pair.step());
  pair.bind(3);
  REQUIRE(pair.step());
  CHECK(pair.integer(0) == 3);
  CHECK(pair.is_null(1));
}

TEST_CASE("a transaction that is not committed leaves no trace, however it ends") {
  const TemporaryDirectory directory;
  Database db = open_at(directory / "x.db");
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  {
    const Transaction dropped{db};
    db.exec("INSERT INTO t VALUES (1)");
  }
  CHECK(count(db, "t") == 0);
  CHECK_THROWS_AS(([&] {
                    const Transaction broken{db};
                    db.exec("INSERT INTO t VALUES (1)");
                    db.exec("INSERT INTO t VALUES (1)");
                  })(),
                  StoreFailure);
  CHECK(count(db, "t") == 0);
  Transaction kept{db};
  db.exec("INSERT INTO t VALUES (1)");
  kept.commit();
  CHECK(count(db, "t") == 1);
}

TEST_CASE("a full disk ends the transaction, and the file works again when there is room") {
  const TemporaryDirectory directory;
  Database db = open_at(directory / "x.db");
  db.exec("CREATE TABLE t (bytes BLOB)");
  db.exec("PRAGMA max_page_count=20");
  const std::string much(200'000, 'x');
  try {
    Transaction transaction{db};
    db.prepare("INSERT INTO t VALUES (?)").run(much);
    transaction.commit();
    FAIL("there was room");
  } catch (const StoreFailure& failure) {
    CHECK(failure.code() == 13);  // SQLITE_FULL
  }
  CHECK(count(db, "t") == 0);
  db.exec("PRAGMA max_page_count=1000");
  Transaction transaction{db};
  db.prepare("INSERT INTO t VALUES (?)").run(much);
  transaction.commit();
  CHECK(count(db, "t") == 1);
}

TEST_CASE("a second writer waits its time and is told that the file is locked") {
  const TemporaryDirectory directory;
  Database first = open_at(directory / "x.db");
  first.exec("CREATE TABLE t (id INTEGER)");
  auto second = Database::open(directory / "x.db", OpenMode::read_write, {.busy_timeout = Millis{1}});
  REQUIRE(second);
  const Transaction held{first};
  CHECK_THROWS_AS(Transaction{*second}, StoreFailure);
}

}  // namespace
}  // namespace godwit::sqlite::testing
