// Taking a value out: what goes, what stays, and what verify says.
#include "consumers/audit/offline/redact.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "common/base/file_lock.h"
#include "consumers/audit/ledger/key_file.h"
#include "consumers/audit/offline/prove.h"
#include "tests/unit/audit/tamper_rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
namespace fs = std::filesystem;

namespace {

Result<std::vector<keep::Redaction>> redact(const Copy& copy, const std::string& event_id,
                                            const std::string& reason = "case 4711") {
  return offline::redact({.data = copy.data(),
                          .signing_key = verify::key_file(copy.data()),
                          .event_id = event_id,
                          .reason = reason},
                         FakeClock{from_unix_ms(1'000)});
}

std::string bytes_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// Whether any file of the store holds it.
bool anywhere(const Copy& copy, const std::string& text) {
  for (const auto& each : fs::recursive_directory_iterator{copy.data() + "/audit/v3"})
    if (each.is_regular_file() && bytes_of(each.path()).find(text) != std::string::npos) return true;
  return false;
}

std::string value_in(const std::string& event_id) { return fmt::format(R"("id":"{}")", event_id); }

}  // namespace

TEST_CASE("a value is taken out wherever its record lies, and every proof stays") {
  const Copy copy;
  // Sealed; closed; open.
  const std::vector<int> indexes{17, 205, original().told - 3};
  for (const int index : indexes) {
    const std::string id = fmt::format("e-{:06}", index);
    CAPTURE(id);
    REQUIRE(anywhere(copy, value_in(id)));
    const auto before = offline::prove(copy.data(), id, std::nullopt);
    REQUIRE(before.ok());
    const auto redacted = redact(copy, id);
    REQUIRE_MESSAGE(redacted.ok(), redacted.error().message);
    REQUIRE(redacted->size() == 1);
    CHECK(redacted->front().index == index);
    CHECK_FALSE(anywhere(copy, value_in(id)));
    const auto after = offline::prove(copy.data(), id, std::nullopt);
    REQUIRE_MESSAGE(after.ok(), after.error().message);
    CHECK(*before == *after);
  }
  const auto report = copy.check_with_log();
  CHECK_MESSAGE(report.findings_count() == 0, text_of(report));
  CHECK(report.partitions[0].redacted == 3);
}

TEST_CASE("what was sent again is redacted with it, and redacting twice changes nothing") {
  const Copy copy;
  const auto redacted = redact(copy, "e-000139");
  REQUIRE(redacted.ok());
  CHECK(redacted->size() == 2);
  CHECK_FALSE(anywhere(copy, value_in("e-000139")));
  REQUIRE(redact(copy, "e-000139").ok());
  const auto report = copy.check();
  CHECK_MESSAGE(report.findings_count() == 0, text_of(report));
  CHECK(report.partitions[0].redacted == 2);
}

TEST_CASE("a record that is no event is redacted too") {
  const Copy copy;
  REQUIRE(redact(copy, "migrations.lifecycle:0:150").ok());
  CHECK_FALSE(anywhere(copy, "no event 150"));
  const auto report = copy.check();
  CHECK_MESSAGE(report.findings_count() == 0, text_of(report));
}

TEST_CASE("a redaction is told as an event by the next run") {
  const Copy copy;
  REQUIRE(redact(copy, "e-000017").ok());
  stream::MemoryLog log{1};
  auto own = keep::OwnEvents::open(verify::own_events_file(copy.data()), from_unix_ms(0));
  REQUIRE(own.ok());
  REQUIRE(own->publish(log, Millis{1'000}));
  const auto& records = log.records({activity, stream::Partition{0}});
  REQUIRE(records.size() == 1);
  CHECK(records[0].record.value->find("io.godwit.audit.record_redacted.v1") != std::string::npos);
  CHECK(records[0].record.value->find("case 4711") != std::string::npos);
}

TEST_CASE("nothing is redacted that is not there, or while the audit runs") {
  const Copy copy;
  CHECK(redact(copy, "never").error().message.find("no record") != std::string::npos);
  {
    const FileLock running{copy.partition_file() + ".lock"};
    REQUIRE(running.held());
    CHECK(redact(copy, "e-000017").error().message.find("running audit") != std::string::npos);
  }
  CHECK(redact(copy, "e-000017", std::string(2'000, 'x')).error().message.find("--reason") !=
        std::string::npos);
  CHECK(copy.check().findings_count() == 0);
  fs::remove(verify::key_file(copy.data()));
  CHECK_FALSE(redact(copy, "e-000017").ok());
}

TEST_CASE("a value that is gone without a redaction on record is a finding, and one that is back is too") {
  const Copy copy;
  REQUIRE(redact(copy, "e-000017").ok());
  const std::string list = verify::redactions_file(copy.data());
  auto db = sqlite::Database::open_or_throw(list, sqlite::OpenMode::read_write);
  SUBCASE("the list is gone") {
    db.exec("DROP TABLE redaction");
    db.exec("CREATE TABLE redaction (origin, id, log_offset, leaf, at_ms, reason, note)");
    CHECK(tells_index(copy.check(), 17, "no redaction of it is on record"));
  }
  SUBCASE("the redaction is of another key") {
    db.exec("UPDATE redaction SET note = note || 'x'");
    const auto report = copy.check();
    CHECK(tells_index(report, 17, "its redaction is not signed by the key"));
    CHECK(tells_index(report, 17, "no redaction of it is on record"));
  }
  SUBCASE("the redaction is of another record") {
    db.exec("UPDATE redaction SET id = 18");
    CHECK(tells_index(copy.check(), 17, "no redaction of it is on record"));
  }
  SUBCASE("another reason than was signed") {
    db.exec("UPDATE redaction SET reason = 'none'");
    CHECK(tells_index(copy.check(), 17, "its redaction is not signed by the key"));
  }
  SUBCASE("the hash of the value was changed") {
    copy.open_segment(0).exec("UPDATE record SET value_digest = zeroblob(36) WHERE id = 17");
    CHECK(tells_index(copy.check(), 17, "are not those of its leaf"));
  }
  SUBCASE("something of it was left in a column") {
    copy.open_segment(0).exec("UPDATE record SET user = 'user-3' WHERE id = 17");
    CHECK(tells_index(copy.check(), 17, "has left: user"));
  }
  SUBCASE("the segment from before is back") {
    copy.take(original().data, "audit/v3/migrations.lifecycle-0000");
    CHECK(tells_index(copy.check(), 17, "its value is still here"));
  }
}

TEST_CASE("a fold of the log takes out again what was redacted, and has the same tree") {
  History history;
  history.tell(250);
  history.tell_until_sealed(2);
  history.sign();
  const auto signer = ledger::read_key_file(verify::key_file(history.data()));
  REQUIRE(signer.ok());
  std::vector<keep::Redaction> list;
  for (const int index : {17, 230}) {
    keep::Redaction each{.origin = *ledger::Origin::parse(lifecycle_origin), .index = index, .offset = index};
    const bool sealed = index < 200;
    auto file =
        sealed ? sqlite::Database::open_or_throw(sealed_path(history.file(), 0), sqlite::OpenMode::immutable)
               : history.open_by_hand();
    auto row = file.prepare("SELECT leaf FROM record WHERE id = ?");
    REQUIRE(row.bind(index).step());
    each.leaf = *ledger::digest_from(row.blob(0));
    each.note = ledger::format_note({each.statement(), {ledger::sign(*signer, each.statement())}});
    REQUIRE(keep::add_redaction(verify::redactions_file(history.data()), each));
    list.push_back(each);
  }
  history.set_redactions(std::make_shared<const keep::Redactions>(list));
  history.forget();
  history.fold();
  history.tell_until_sealed(2);
  const auto answer = history.get("/api/v1/audit/e-000017");
  REQUIRE(answer.status == 200);
  CHECK(answer.json["event"]["status"] == "redacted");
  CHECK(answer.json["record"]["value"].IsNull());
  CHECK(answer.json["record"].HasMember("value_sha256"));
  CHECK(history.get("/api/v1/audit?limit=1000").status == 200);
  const auto report = verify::verify_data({.data = {history.data()}, .keys = {signer->verifier()}});
  REQUIRE(report.ok());
  CHECK_MESSAGE(report->findings_count() == 0, text_of(*report));
  CHECK(report->partitions[0].redacted == 2);
  CHECK(report->partitions[0].signed_size >= 250);
}
