#include "consumers/webhooks/outbox.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/event/codec.h"
#include "consumers/webhooks/outcome_event.h"
#include "consumers/webhooks/tables.h"
#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;

namespace {

// One partition file's tables, without a loop around them.
class File {
 public:
  File() : directory_(make_directory()), path_(directory_ / "p-0000.db") {
    auto db = sqlite::Database::open(path_, sqlite::OpenMode::read_write);
    GODWIT_CHECK(db.ok(), "no database");
    db_ = std::make_unique<sqlite::Database>(std::move(*db));
    db_->exec(
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)");  // every partition file has it
    db_->exec(Tables::schema());
    tables_ = std::make_unique<Tables>(*db_);
  }
  ~File() {
    tables_.reset();
    db_.reset();
    std::filesystem::remove_all(directory_);
  }

  void owe(const std::string& id, const std::string& endpoint = "ops") {
    tables_->apply(
        {.deliveries =
             {{.id = id, .endpoint = endpoint, .subject = "mig-1", .event_time = noon, .body = "{}"}},
         .outcome = {}});
  }
  void fold(const Outcome& outcome) { tables_->apply({.deliveries = {}, .outcome = outcome}); }

  std::unique_ptr<Outbox> open() const {
    auto outbox = Outbox::open(path_);
    GODWIT_CHECK(outbox.ok(), "no outbox");
    (*outbox)->recover(noon, {});
    return std::move(*outbox);
  }
  std::string dump(const std::string& table) {
    std::string out;
    auto rows = db_->prepare("SELECT * FROM " + table + " ORDER BY 1");
    while (rows.step())
      for (int column = 0; column < (table == "outcome" ? 8 : 3); ++column)
        out += rows.maybe_text(column).value_or("-") + ",";
    return out;
  }

 private:
  static std::filesystem::path make_directory() {
    std::string name = std::filesystem::temp_directory_path() / "godwit-outbox-XXXXXX";
    return mkdtemp(name.data());
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
  std::unique_ptr<sqlite::Database> db_;
  std::unique_ptr<Tables> tables_;
};

Outcome outcome(const std::string& id, Standing standing, std::int64_t try_number) {
  return {.delivery_id = id, .endpoint = "ops", .standing = standing, .try_number = try_number, .at = noon};
}

Turn claim_all(Timestamp now = noon) { return {.now = now, .rooms = {{"ops", 10}}}; }

Attempt attempt_of(const Claimed& claimed, Standing standing) {
  return {.seq = claimed.seq,
          .delivery_id = claimed.delivery_id,
          .endpoint = claimed.endpoint,
          .subject = claimed.subject,
          .try_number = claimed.try_number,
          .started_at = noon,
          .standing = standing};
}

}  // namespace

TEST_CASE("outcomes in any order, doubled and before their cause, give the same rows and the same owed") {
  std::vector<Outcome> outcomes{outcome("a", Standing::trying, 1),    outcome("a", Standing::trying, 2),
                                outcome("a", Standing::succeeded, 3), outcome("b", Standing::trying, 1),
                                outcome("b", Standing::exhausted, 2), outcome("c", Standing::trying, 1)};
  std::string expected;
  std::sort(outcomes.begin(), outcomes.end(), [](const Outcome& x, const Outcome& y) {
    return std::tie(x.delivery_id, x.try_number) < std::tie(y.delivery_id, y.try_number);
  });
  const auto less = [](const Outcome& x, const Outcome& y) {
    return std::tie(x.delivery_id, x.try_number) < std::tie(y.delivery_id, y.try_number);
  };
  int orders = 0;
  do {
    if (++orders % 40 != 1) continue;
    File file;
    for (const Outcome& each : outcomes) {
      file.fold(each);
      file.fold(each);
      if (&each == &outcomes[2])
        for (const char* id : {"a", "b", "c", "d"}) file.owe(id);
    }
    for (const char* id : {"a", "b", "c", "d"}) file.owe(id);
    const std::string rows = file.dump("outcome") + file.dump("outcome_count");
    if (expected.empty()) expected = rows;
    CHECK(rows == expected);
    auto outbox = file.open();
    const auto claimed = outbox->turn(claim_all()).claimed;
    REQUIRE(claimed.size() == 2);
    CHECK(claimed[0].delivery_id == "c");
    CHECK(claimed[0].try_number == 2);
    CHECK(claimed[1].delivery_id == "d");
  } while (std::next_permutation(outcomes.begin(), outcomes.end(), less));
  CHECK(orders == 720);
}

TEST_CASE("what is claimed is given out once, and again only after a restart") {
  File file;
  file.owe("a");
  auto outbox = file.open();
  CHECK(outbox->has_new());
  CHECK(outbox->turn(claim_all()).claimed.size() == 1);
  CHECK_FALSE(outbox->has_new());
  CHECK(outbox->turn(claim_all()).claimed.empty());
  outbox = file.open();
  const auto again = outbox->turn(claim_all()).claimed;
  REQUIRE(again.size() == 1);
  CHECK(again[0].try_number == 2);
}

TEST_CASE("a late answer to a try that was given up changes nothing but its own record") {
  File file;
  file.owe("a");
  auto outbox = file.open();
  const auto first = outbox->turn(claim_all()).claimed;
  outbox = file.open();
  const auto second = outbox->turn(claim_all()).claimed;
  outbox->turn({.now = noon, .finished = {attempt_of(first.at(0), Standing::exhausted)}});
  outbox->turn({.now = noon, .finished = {attempt_of(second.at(0), Standing::succeeded)}});
  CHECK(outbox->unpublished(10).size() == 2);
  outbox = file.open();
  CHECK(outbox->turn(claim_all()).claimed.empty());
}

TEST_CASE("a try is due at its time and not before, oldest due first") {
  File file;
  file.owe("a");
  file.owe("b");
  auto outbox = file.open();
  auto claimed = outbox->turn(claim_all()).claimed;
  REQUIRE(claimed.size() == 2);
  Attempt late = attempt_of(claimed[0], Standing::trying);
  late.next_try_at = noon + Millis{2000};
  Attempt soon = attempt_of(claimed[1], Standing::trying);
  soon.next_try_at = noon + Millis{1000};
  outbox->turn({.now = noon, .finished = {late, soon}});
  CHECK(outbox->next_due("ops") == noon + Millis{1000});
  CHECK(outbox->turn(claim_all(noon + Millis{999})).claimed.empty());
  claimed = outbox->turn(claim_all(noon + Millis{2000})).claimed;
  REQUIRE(claimed.size() == 2);
  CHECK(claimed[0].delivery_id == "b");
  CHECK(claimed[0].try_number == 2);
  CHECK_FALSE(outbox->next_due("ops"));
}

TEST_CASE("an attempt stays to be told until it is known to be in the log, always as the same event") {
  File file;
  file.owe("a");
  auto outbox = file.open();
  const auto claimed = outbox->turn(claim_all()).claimed;
  Attempt attempt = attempt_of(claimed.at(0), Standing::trying);
  attempt.status_code = 503;
  attempt.error_code = "http_503";
  attempt.error = "the endpoint answered 503";
  attempt.next_try_at = noon + Millis{1000};
  outbox->turn({.now = noon, .finished = {attempt}});
  const auto first = outbox->unpublished(10);
  outbox = file.open();
  const auto second = outbox->unpublished(10);
  REQUIRE(first.size() == 1);
  REQUIRE(second.size() == 1);
  CHECK(make_event(first[0]) == make_event(second[0]));
  CHECK_FALSE(event::validate(make_event(first[0])));
  outbox->turn({.now = noon, .published = {{first[0].seq, first[0].try_number}}});
  CHECK(outbox->unpublished(10).empty());
}

TEST_CASE("what another instance settled meanwhile is not owed any more") {
  File file;
  file.owe("a");
  file.owe("b");
  auto outbox = file.open();
  outbox->turn({.now = noon, .rooms = {{"ops", 0}}});  // taken in, not claimed
  file.fold(outcome("a", Standing::succeeded, 1));
  file.fold(outcome("b", Standing::trying, 3));
  outbox = file.open();
  const auto claimed = outbox->turn(claim_all()).claimed;
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].delivery_id == "b");
  CHECK(claimed[0].try_number == 4);
}
