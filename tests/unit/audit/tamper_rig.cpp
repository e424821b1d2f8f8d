#include "tests/unit/audit/tamper_rig.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/sqlite/partition_directory.h"
#include "common/stream/event_record.h"
#include "common/stream/ndjson_log.h"
#include "consumers/audit/ledger/key_file.h"

namespace godwit::audit::test {
namespace {

namespace fs = std::filesystem;

const std::string checkpoints = "godwit.checkpoints";

std::string name_of(const std::string& topic) { return fmt::format("{}-0000", topic); }

template <class Each>
bool any_finding(const verify::VerifyReport& report, Each each) {
  if (std::any_of(report.findings.begin(), report.findings.end(), each)) return true;
  return std::any_of(report.partitions.begin(), report.partitions.end(), [&](const auto& partition) {
    return std::any_of(partition.findings.begin(), partition.findings.end(), each);
  });
}

}  // namespace

stream::OutRecord honest(int i) {
  if (i % 50 == 0 && i > 0)
    return {.topic = lifecycle, .key = "poison", .value = fmt::format("no event {}", i), .headers = {}};
  const int told_before = i % 20 == 0 && i > 0 ? i - 1 : i;
  auto event = task_event(event::Type::task_paused, fmt::format("e-{:06}", told_before), told_before * 1'000);
  event.data.user = fmt::format("user-{}", told_before % 7);
  auto out = stream::encode(event);
  out.topic = lifecycle;
  return out;
}

// Sealing stumbles over a draft that cannot be removed.
History::History(std::optional<std::int64_t> unsealed_from, Telling telling)
    : Rig(1, {.segments = {.rows_max = segment_rows, .bytes_max = 100'000'000},
              .prunings = std::make_shared<keep::PruneOrders>()}),
      telling_(std::move(telling)) {
  if (unsealed_from)
    fs::create_directories(
        fmt::format("{}/{}.part/obstacle", sqlite::companion_of(file()), sealed_file_name(*unsealed_from)));
  for (int i = 0; i < 5; ++i)
    append(actor_event(event::Type::audit_logged_in, fmt::format("a-{}", i)), 0, activity);
}

void History::tell(int events) {
  for (int i = 0; i < events; ++i, ++told_) append_record(telling_(told_), 0, from_unix_ms(1'000 + told_));
  fold();
}

void History::tell_until_sealed(std::size_t segments) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  for (;;) {
    auto db = open_by_hand();
    const auto closed = closed_segments(db);
    const auto sealed = std::count_if(closed.begin(), closed.end(), [](const Closed& c) { return c.sealed; });
    if (static_cast<std::size_t>(sealed) >= segments) return;
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    tell(1);
    std::this_thread::yield();
  }
}

void History::tell_to(int rest) {
  const int owed = (rest - told_ % segment_rows + segment_rows) % segment_rows;
  tell(owed == 0 ? segment_rows : owed);
}

void History::sign() {
  Checkpointer checkpointer{readers(),
                            published_,
                            signing_clock_,
                            {.key_file = verify::key_file(data()),
                             .signed_file = verify::signed_file(data()),
                             .topic = checkpoints}};
  checkpointer.look(true);
  REQUIRE(checkpointer.key().has_value());
  REQUIRE(checkpointer.refused().empty());
}

std::string History::data() const { return fs::path{file()}.parent_path().parent_path().parent_path(); }

std::string History::checkpoints_log() const {
  std::string out;
  for (const auto& stored : published_.records({checkpoints, stream::Partition{0}}))
    out += stream::to_log_line(stream::view_of(stored, stream::Partition{0})) + "\n";
  return out;
}

// SQLite leaves nothing beside the files that are copied.
void History::copy_to(const std::string& path) const {
  for (const std::string& topic : {lifecycle, activity})
    open_by_hand(topic).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::copy(data(), path, fs::copy_options::recursive);
}

Original::Original() {
  History history{2 * segment_rows};
  history.tell(250);
  history.tell_until_sealed(2);
  history.tell_to(50);
  history.sign();
  history.copy_to(yesterday);
  yesterday_told = history.told();
  history.tell_to(7);
  history.sign();
  history.copy_to(data);
  told = history.told();
  log = history.checkpoints_log();
  key = ledger::read_key_file(verify::key_file(data))->verifier();
}

const Original& original() {
  static const Original once;
  return once;
}

Copy::Copy(const std::string& of) { fs::copy(of, data(), fs::copy_options::recursive); }

std::string Copy::partition_file(const std::string& topic) const {
  return fmt::format("{}/{}.db", verify::store_folder(data()), name_of(topic));
}
std::string Copy::segment_folder() const { return sqlite::companion_of(partition_file()); }
std::string Copy::segment_file(std::int64_t first) const { return sealed_path(partition_file(), first); }

sqlite::Database Copy::open(const std::string& topic) const {
  auto db = sqlite::Database::open_or_throw(partition_file(topic), sqlite::OpenMode::read_write);
  std::string drops;
  auto triggers = db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'");
  while (triggers.step()) drops += fmt::format("DROP TRIGGER {};", triggers.text(0));
  db.exec(drops);
  return db;
}

sqlite::Database Copy::open_segment(std::int64_t first) const {
  fs::permissions(segment_file(first), fs::perms::owner_all);
  return sqlite::Database::open_or_throw(segment_file(first), sqlite::OpenMode::scratch);
}

sqlite::Database Copy::open_signed() const {
  auto db = sqlite::Database::open_or_throw(verify::signed_file(data()), sqlite::OpenMode::read_write);
  db.exec("DROP TRIGGER signed_no_delete");
  return db;
}

void Copy::take(const std::string& from_data, const std::string& what) const {
  fs::remove_all(data() + "/" + what);
  if (fs::exists(from_data + "/" + what))
    fs::copy(from_data + "/" + what, data() + "/" + what, fs::copy_options::recursive);
}

std::string Copy::write(const std::string& name, const std::string& text) const {
  std::ofstream{directory_ / name, std::ios::binary} << text;
  return directory_ / name;
}

verify::VerifyReport Copy::check(const std::vector<std::string>& exports) const {
  auto report =
      verify::verify_data({.data = {data()}, .keys = {*original().key}, .exports = exports, .threads = 2});
  REQUIRE_MESSAGE(report.ok(), report.error().message);
  return *std::move(report);
}

verify::VerifyReport Copy::check_with_log() const {
  return check({write("checkpoints.ndjson", original().log)});
}

bool tells_index(const verify::VerifyReport& report, int index, std::string_view what) {
  return any_finding(report, [&](const verify::Finding& each) {
    return each.origin == lifecycle_origin && each.index == static_cast<std::uint64_t>(index) &&
           each.what.find(what) != std::string::npos;
  });
}

bool tells_size(const verify::VerifyReport& report, int size, std::string_view what) {
  return any_finding(report, [&](const verify::Finding& each) {
    return each.origin == lifecycle_origin && each.size == static_cast<std::uint64_t>(size) &&
           each.what.find(what) != std::string::npos;
  });
}

bool tells(const verify::VerifyReport& report, std::string_view what) {
  return any_finding(
      report, [&](const verify::Finding& each) { return each.text().find(what) != std::string::npos; });
}

std::string text_of(const verify::VerifyReport& report) {
  std::string out;
  (void)any_finding(report, [&](const verify::Finding& each) {
    out += each.text() + "\n";
    return false;
  });
  return out;
}

}  // namespace godwit::audit::test
