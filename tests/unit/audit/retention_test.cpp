// What is pruned, what stays, and that proofs, duplicates and verify go on.
#include "consumers/audit/keep/retention.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/keep/archive.h"
#include "consumers/audit/keep/zstd_file.h"
#include "consumers/audit/ledger/key_file.h"
#include "consumers/audit/ledger/proof_text.h"
#include "tests/unit/audit/tamper_rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
namespace fs = std::filesystem;
using keep::is_due;

namespace {

Closed segment_of(std::int64_t first, std::int64_t latest_ms, bool sealed = true) {
  Closed out;
  out.segment.first_index = first;
  out.segment.rows = 10;
  out.segment.latest_ms = latest_ms;
  out.sealed = sealed;
  return out;
}

// Told, sealed, signed, and pruned by a policy.
struct Pruning : History {
  Pruning() : History() {}

  keep::Retention retention(keep::RetentionOptions options) {
    options.grace = Millis{0};
    return keep::Retention{readers(),
                           clock,
                           orders(),
                           {.signed_size = [this](const ledger::Origin&) { return signed_size; },
                            .sign = [this](const std::string& text) { return note_of(text); }},
                           options};
  }
  std::optional<std::string> note_of(const std::string& text) const {
    const auto signer = ledger::read_key_file(verify::key_file(data()));
    if (!signer) return std::nullopt;
    return ledger::format_note({text, {ledger::sign(*signer, text)}});
  }
  // Until nothing more is pruned; the events told.
  void prune(keep::RetentionOptions options) {
    auto keeper = retention(std::move(options));
    for (int look = 0; look < 10; ++look) {
      keeper.look([](const ledger::Origin&) { return true; },
                  [&](const auto& told) { events.push_back(told); });
      fold();
    }
  }
  std::vector<keep::Pruned> pruned() const {
    auto db = open_by_hand();
    return keep::pruned_segments(db);
  }
  verify::VerifyReport check(const std::string& archive = {}) const {
    const auto signer = ledger::read_key_file(verify::key_file(data()));
    REQUIRE(signer.ok());
    auto report = verify::verify_data({.data = {data()}, .keys = {signer->verifier()}, .archive = archive});
    REQUIRE(report.ok());
    return *std::move(report);
  }

  FakeClock clock{from_unix_ms(0)};
  std::uint64_t signed_size = 1'000'000;
  std::vector<keep::Happening> events;
};

}  // namespace

TEST_CASE("a segment is due when every limit that is set lets it go") {
  const auto day = 86'400'000LL;
  const std::vector<Closed> three{segment_of(0, 1 * day), segment_of(10, 2 * day), segment_of(20, 3 * day)};
  const auto now = from_unix_ms(10 * day);
  CHECK_FALSE(is_due({}, three, now));
  CHECK_FALSE(is_due({.segments_kept = 3}, three, now));
  CHECK(is_due({.segments_kept = 2}, three, now));
  CHECK(is_due({.days_kept = 8}, three, now));
  CHECK_FALSE(is_due({.days_kept = 9}, three, now));
  CHECK_FALSE(is_due({.segments_kept = 2, .days_kept = 9}, three, now));
  CHECK(is_due({.segments_kept = 2, .days_kept = 8}, three, now));
  CHECK_FALSE(is_due({.days_kept = 1}, {segment_of(0, 0, false), segment_of(10, 0)}, now));
  CHECK_FALSE(is_due({.segments_kept = 1}, {segment_of(0, 0), segment_of(10, 0, false)}, now));
  CHECK_FALSE(is_due({.segments_kept = 1}, {}, now));
  CHECK(keep::RetentionOptions{.segments_kept = 5}.keeps_too_little());
  CHECK(keep::RetentionOptions{.days_kept = 364}.keeps_too_little());
  CHECK_FALSE(keep::RetentionOptions{.days_kept = 365}.keeps_too_little());
  CHECK_FALSE(keep::RetentionOptions{}.keeps_too_little());
}

TEST_CASE("a file packed is the same unpacked, and damage to it is found") {
  const testing::TemporaryDirectory folder;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{131'072}, std::size_t{1'000'000}}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * i / 7);
    std::ofstream{folder / "a", std::ios::binary} << bytes;
    REQUIRE(keep::compress_file(folder / "a", folder / "z"));
    REQUIRE(keep::decompress_file(folder / "z", folder / "b"));
    std::ifstream again{folder / "b", std::ios::binary};
    CHECK(std::string{std::istreambuf_iterator<char>{again}, {}} == bytes);
  }
  fs::resize_file(folder / "z", fs::file_size(folder / "z") - 1);
  CHECK_FALSE(keep::decompress_file(folder / "z", folder / "b"));
  CHECK_FALSE(keep::compress_file(folder / "nothing", folder / "c"));
}

TEST_CASE("what is pruned is gone, and all later proofs, answers and checks go on") {
  const testing::TemporaryDirectory archive;
  Pruning audit;
  audit.tell(730);
  audit.tell_until_sealed(7);
  audit.sign();
  audit.prune({.segments_kept = 2, .archive = archive.path()});
  REQUIRE(audit.pruned().size() >= 5);
  const auto kept_from = audit.pruned().back().segment.first_index + segment_rows;
  CHECK(audit.events.front().type == event::Type::audit_segment_pruned);
  CHECK(audit.events.front().key == "pruned/migrations.lifecycle/0/0");
  CHECK(audit.events.front().reason == "--keep 2");
  const std::string folder = sqlite::companion_of(audit.file());
  CHECK_FALSE(fs::exists(folder + "/" + sealed_file_name(0)));
  CHECK_FALSE(fs::exists(folder + "/" + manifest_name(0)));
  CHECK(fs::exists(archive / "migrations.lifecycle-0000/000000000000.db.zst"));
  // Answers say so.
  const auto page = audit.get("/api/v1/audit?order=oldest&topic_is=not");
  CHECK(page.status == 400);
  const auto oldest = audit.get("/api/v1/audit?order=oldest&task_id=task-1&limit=1");
  REQUIRE(oldest.status == 200);
  CHECK(oldest.json.HasMember("pruned_before"));
  CHECK_FALSE(audit.get("/api/v1/audit?start=2030-01-01T00:00:00Z").json.HasMember("pruned_before"));
  CHECK(audit.get("/api/v1/audit/e-000003").status == 410);
  CHECK(audit.get("/api/v1/audit/never").status == 404);
  CHECK(audit.get("/api/v1/audit/proof/inclusion?event_id=e-000003").status == 410);
  const auto told = fmt::format("e-{:06}", kept_from + 1);
  CHECK(audit.get("/api/v1/audit/" + told).status == 200);
  const std::string consistency =
      "/api/v1/audit/proof/consistency?topic=migrations.lifecycle&partition=0&from=";
  CHECK(audit.get(consistency + "3").status == 410);
  CHECK(audit.get(consistency + std::to_string(kept_from)).status == 200);
  CHECK(audit.get(consistency + std::to_string(kept_from + 5)).status == 200);
  CHECK(audit.ask("/api/v1/audit/log/migrations.lifecycle/0/tile/1/000.p/1").status == 200);
  CHECK(audit.get("/api/v1/audit/log/migrations.lifecycle/0/tile/0/000").status == 410);
  CHECK(audit.get("/api/v1/audit/log/migrations.lifecycle/0/tile/entries/000").status == 410);
  // A pruned event that is sent again is known, so is a kept one.
  const auto again = [&](const std::string& id) {
    audit.append(task_event(event::Type::task_paused, id));
    audit.fold();
    auto db = audit.open_by_hand();
    auto row = db.prepare("SELECT duplicate FROM record ORDER BY id DESC LIMIT 1");
    row.step();
    return row.integer(0);
  };
  CHECK(again("e-000003") == 1);
  CHECK(again("e-000003") == 2);
  CHECK(again("e-000139") == 2);  // was sent twice
  CHECK(again(told) == 1);
  CHECK(again("fresh") == 0);
  audit.sign();
  for (const std::string& with : {std::string{}, archive.path()}) {
    CAPTURE(with);
    const auto report = audit.check(with);
    CHECK_MESSAGE(report.findings_count() == 0, text_of(report));
    REQUIRE(report.partitions.size() == 2);
    CHECK(report.partitions[0].pruned == static_cast<std::uint64_t>(kept_from));
    CHECK(report.partitions[0].signed_size == report.partitions[0].size);
  }
  audit.restart();
  audit.fold();
  CHECK(again("e-000003") == 3);
}

TEST_CASE("nothing is pruned that no signed tree holds, or that cannot be archived") {
  const testing::TemporaryDirectory folder;
  Pruning audit;
  audit.tell(330);
  audit.tell_until_sealed(3);
  audit.sign();
  audit.signed_size = 99;
  audit.prune({.segments_kept = 1});
  CHECK(audit.pruned().empty());
  audit.signed_size = 100;
  std::ofstream{folder / "obstacle"} << "a file where the archive should be";
  audit.prune({.segments_kept = 1, .archive = folder / "obstacle"});
  CHECK(audit.pruned().empty());
  audit.prune({.segments_kept = 1});
  CHECK(audit.pruned().size() == 1);
  CHECK(audit.events.front().key == "pruned/migrations.lifecycle/0/0");
}

TEST_CASE("a pruned store that was tampered with is found out") {
  const testing::TemporaryDirectory archive;
  Pruning audit;
  audit.tell(730);
  audit.tell_until_sealed(7);
  audit.sign();
  audit.prune({.segments_kept = 2, .archive = archive.path()});
  const auto kept_from = static_cast<int>(audit.pruned().back().segment.first_index) + segment_rows;
  const std::string packed = archive / "migrations.lifecycle-0000/000000000100.db.zst";
  auto db = audit.open_by_hand();
  SUBCASE("a stored hash of pruned records") {
    db.exec("UPDATE tile SET hash = zeroblob(32) WHERE level = 1 AND position = 0");
    CHECK(tells_size(audit.check(), kept_from, "its segment has another root"));
  }
  SUBCASE("a hash of a single pruned leaf") {
    db.exec(
        "UPDATE tile SET hash = zeroblob(32) WHERE level = 0 AND position = (SELECT max(position) FROM tile "
        "WHERE level = 0)");
    CHECK(audit.check().findings_count() > 0);
  }
  SUBCASE("a hash that is not there") {
    db.exec("DELETE FROM tile WHERE level = 0");
    CHECK(tells(audit.check(), "hashes are missing"));
  }
  SUBCASE("pruned by hand") {
    db.exec("UPDATE pruned SET note = '' WHERE first_index = 100");
    CHECK(tells_index(audit.check(), 100, "nobody has signed that they were pruned"));
  }
  SUBCASE("a signature of another segment") {
    db.exec(
        "UPDATE pruned SET note = (SELECT note FROM pruned WHERE first_index = 0) WHERE first_index = 100");
    CHECK(tells_index(audit.check(), 100, "nobody has signed that they were pruned"));
  }
  SUBCASE("a pruned segment that is forgotten") {
    db.exec("DELETE FROM pruned WHERE first_index = 100");
    CHECK(tells_index(audit.check(), 100, "a pruned segment begins at 200 where this record should"));
  }
  SUBCASE("an archived file that is gone") {
    fs::remove(packed);
    CHECK(audit.check().findings_count() == 0);
    CHECK(tells_index(audit.check(archive.path()), 100, "not in the archive"));
  }
  SUBCASE("an archived file that is damaged") {
    fs::permissions(packed, fs::perms::owner_all);
    std::fstream file{packed, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(2'000);
    file << "tampered";
    file.close();
    CHECK(tells_index(audit.check(archive.path()), 100, "not in the archive"));
  }
  SUBCASE("an archived segment in place of another") {
    fs::remove(packed);
    fs::copy(archive / "migrations.lifecycle-0000/000000000200.db.zst", packed);
    CHECK(tells_index(audit.check(archive.path()), 100, "is not the file that was sealed"));
  }
  SUBCASE("an archived manifest of other records") {
    const std::string manifest = archive / "migrations.lifecycle-0000/000000000100.json";
    fs::remove(manifest);
    fs::copy(archive / "migrations.lifecycle-0000/000000000200.json", manifest);
    CHECK(tells_index(audit.check(archive.path()), 100, "is not the manifest of these records"));
  }
}
