// Stores that agree with themselves, and are not what was signed or published.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "common/base/base64.h"
#include "consumers/audit/ledger/key_file.h"
#include "tests/unit/audit/tamper_rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;

namespace {

const std::string store = "audit/v3";
const std::string signed_file = "audit/signed.db";

// The original's history but for record 112.
stream::OutRecord forged(int i) {
  auto out = honest(i);
  if (i == 112) out = honest(100'001);
  return out;
}

ledger::Signer stolen_key() { return *ledger::read_key_file(verify::key_file(original().data)); }

// A note of that size, with another root, as the stolen key signs it.
std::string other_note(std::uint64_t size) {
  const auto key = stolen_key();
  return ledger::sign_checkpoint(key, {{"memory", lifecycle, 0}, {size, ledger::Hasher{}.of("another")}});
}

std::string line(const std::string& origin, const SignedHead& head) {
  return fmt::format(R"({{"key":"{}","value":{}}})", origin, checkpoint_json(head)) + "\n";
}

}  // namespace

TEST_CASE("a store made of other records is found, down to the segment, though all of it agrees") {
  History history{0, forged};
  history.tell(original().told);
  const Copy copy;
  copy.take(history.data(), store);
  const auto report = copy.check();
  CHECK_MESSAGE(tells_size(report, 200, "the records [100, 200) are not those it was made of"),
                text_of(report));
  CHECK_FALSE(tells_size(report, 100, ""));
  CHECK(verify::verify_data({.data = {copy.data()}, .without_checkpoints = true})->findings_count() == 0);
}

TEST_CASE("that store signed with the stolen key is betrayed by what was published") {
  History history{0, forged};
  std::filesystem::copy(verify::key_file(original().data), verify::key_file(history.data()));
  history.tell(original().told);
  history.sign();
  const Copy copy;
  copy.take(history.data(), store);
  copy.take(history.data(), signed_file);
  const auto alone = copy.check();
  CHECK_MESSAGE(alone.findings_count() == 0, text_of(alone));
  const auto report = copy.check_with_log();
  CHECK_MESSAGE(tells_size(report, 200, "two checkpoints are signed that contradict each other"),
                text_of(report));
  CHECK(tells_size(report, 200, "has another root"));
  CHECK_FALSE(tells_size(report, 100, ""));
}

TEST_CASE("a record more, or one less, is found though all of it agrees") {
  for (const int shift : {-1, 1}) {
    CAPTURE(shift);
    History history{0, [shift](int i) { return i < 112 ? honest(i) : honest(i + shift); }};
    history.tell(original().told - shift);
    const Copy copy;
    copy.take(history.data(), store);
    CHECK(tells_size(copy.check(), 200, "the records [100, 200) are not those it was made of"));
  }
}

TEST_CASE("yesterday's store is missed by what was signed, and yesterday's folder by what was published") {
  const Copy copy;
  copy.take(original().yesterday, store);
  const std::string missed =
      fmt::format("the store has {} records: it was cut off or rolled back", original().yesterday_told);
  CHECK(tells_size(copy.check(), original().told, missed));
  copy.take(original().yesterday, signed_file);
  CHECK(copy.check().findings_count() == 0);
  CHECK(tells_size(copy.check_with_log(), original().told, missed));
}

TEST_CASE("a partition whose store is gone is missed") {
  const Copy copy;
  std::filesystem::remove(copy.partition_file(activity));
  CHECK(tells(copy.check(), activity_origin + ": tree of 5: it was signed, and there is no store of it"));
}

TEST_CASE("a store without checkpoints is never well") {
  const Copy copy;
  SUBCASE("deleted") { copy.open_signed().exec("DELETE FROM signed"); }
  SUBCASE("their file deleted") { std::filesystem::remove(copy.data() + "/" + signed_file); }
  const auto report = copy.check();
  CHECK(tells(report, lifecycle_origin + ": there is no checkpoint of it"));
  CHECK(tells(report, activity_origin + ": there is no checkpoint of it"));
  CHECK(copy.check_with_log().findings_count() == 0);
}

TEST_CASE("the checkpoints of two partitions are not taken for each other's") {
  const Copy copy;
  copy.open_signed().exec(
      fmt::format("CREATE TEMP TABLE note_of AS SELECT origin, note FROM signed WHERE size = 5 OR size = {};"
                  "UPDATE signed SET note = (SELECT note FROM note_of WHERE note_of.origin <> signed.origin)"
                  " WHERE size = 5 OR size = {}",
                  original().told, original().told));
  const auto report = copy.check();
  CHECK_MESSAGE(tells_size(report, original().told, "the checkpoint in signed.db"), text_of(report));
  CHECK(tells(report, activity_origin + ": tree of 5: the checkpoint in signed.db"));
  CHECK(tells(report, activity_origin + ": there is no checkpoint of it"));
}

TEST_CASE("a note that is not signed, or by an unknown key, or whose signature is wrong, is no checkpoint") {
  const Copy copy;
  auto db = copy.open_signed();
  const auto put = [&](const std::string& note) {
    db.prepare("UPDATE signed SET note = ? WHERE size = 200").run(note);
    return copy.check();
  };
  auto read = db.prepare("SELECT note FROM signed WHERE size = 200");
  REQUIRE(read.step());
  const std::string note{read.text(0)};
  read.reset();
  CHECK(tells_size(put(note.substr(0, note.find("\n\n") + 1)), 200, "no signatures"));
  CHECK(tells_size(put(note.substr(0, note.find("\n\n") + 2)), 200, "is not signed"));
  const ledger::Signer unknown{"godwit/memory", ledger::PrivateKey::generate()};
  const std::string text = note.substr(0, note.find("\n\n") + 1);
  CHECK(tells_size(put(ledger::format_note({text, {ledger::sign(unknown, text)}})), 200,
                   "signed by no known key"));
  const std::string other_root = ledger::Checkpoint{{"memory", lifecycle, 0}, {200, {}}}.text();
  CHECK(tells_size(put(other_root + note.substr(note.find("\n\n") + 1)), 200, "is wrong"));
  CHECK(tells_size(put(other_note(200)), 200, "its note has another root"));
  CHECK(put(note).findings_count() == 0);
}

TEST_CASE("a store signed by another key than the one that is pinned is never well") {
  const Copy copy;
  const ledger::Signer other{"godwit/memory", ledger::PrivateKey::generate()};
  const auto report = verify::verify_data({.data = {copy.data()}, .keys = {other.verifier()}});
  REQUIRE(report.ok());
  CHECK(tells_size(*report, 200, "signed by no known key"));
  CHECK(tells(*report, lifecycle_origin + ": there is no checkpoint of it"));
}

TEST_CASE("two trees of one size, both signed, are shown both") {
  const Copy copy;
  const std::string note = other_note(200);
  const auto report = copy.check({copy.write("other.ndjson", line(lifecycle_origin, {{200, {}}, note, {}}))});
  bool shown = false;
  for (const auto& finding : report.findings)
    if (finding.size == 200 && finding.evidence.size() == 2)
      shown = finding.evidence[0] != finding.evidence[1] && finding.evidence[1] == note;
  CHECK_MESSAGE(shown, text_of(report));
}

TEST_CASE("an export that cannot be read is an error that names the line, never one checkpoint less") {
  const Copy copy;
  for (const char* bad : {"{}", "no JSON", R"({"key":"x","value":null})", R"({"key":"x","value":"{}"})"}) {
    const auto file = copy.write("bad.ndjson", original().log + bad + "\n");
    const auto report =
        verify::verify_data({.data = {copy.data()}, .keys = {*original().key}, .exports = {file}});
    REQUIRE_FALSE(report.ok());
    CHECK(report.error().message.find("bad.ndjson:") != std::string::npos);
  }
  CHECK_FALSE(verify::verify_data({.data = {copy.data() + "/nothing"}, .without_checkpoints = true}).ok());
}

TEST_CASE("a partition that has moved is judged by the store that goes on with it") {
  const Copy copy;
  const auto report =
      verify::verify_data({.data = {original().yesterday, copy.data()}, .keys = {*original().key}});
  REQUIRE(report.ok());
  CHECK_MESSAGE(report->findings_count() == 0, text_of(*report));
}
