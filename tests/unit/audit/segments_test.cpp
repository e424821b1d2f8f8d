// What of a partition lies in which segment, and the tree over all of them.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/known_ids.h"
#include "consumers/audit/record_table.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;
using event::Type;

namespace {

const Audit small{.segments = {.rows_max = 10, .bytes_max = 1'000'000}};

std::string folder_of(const Rig& rig) { return sqlite::companion_of(rig.file()); }

struct Kept {
  std::int64_t id = 0;
  std::int64_t offset = 0;
  std::int64_t duplicate = 0;
  std::string event_id;
  bool operator==(const Kept&) const = default;
};

void read(sqlite::Database& db, const std::string& table, std::vector<Kept>& out) {
  auto rows =
      db.prepare(fmt::format("SELECT id, log_offset, duplicate, event_id FROM {} ORDER BY id", table));
  while (rows.step())
    out.push_back({rows.integer(0), rows.integer(1), rows.integer(2), std::string{rows.text(3)}});
}

// Of the first partition, from wherever they lie, in order.
std::vector<Kept> kept(const Rig& rig) {
  std::vector<Kept> out;
  auto db = rig.open_by_hand();
  for (const Closed& each : closed_segments(db)) {
    const std::int64_t first = each.segment.first_index;
    if (!each.sealed) {
      read(db, closed_record_table(first), out);
      continue;
    }
    auto file = sqlite::Database::open_or_throw(folder_of(rig) + "/" + sealed_file_name(first),
                                                sqlite::OpenMode::immutable);
    read(file, "record", out);
  }
  read(db, "record", out);
  return out;
}

std::size_t sealed_count(const Rig& rig) {
  auto db = rig.open_by_hand();
  const auto all = closed_segments(db);
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const Closed& c) { return c.sealed; }));
}

struct Story : Rig {
  explicit Story(const Audit& audit = small) : Rig(1, audit) {}

  void tell(int events) {
    for (int i = 0; i < events; ++i) append(task_event(Type::task_paused, fmt::format("e-{:06}", told++)));
    fold();
  }
  // Goes on telling until it holds.
  void tell_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      tell(1);
      std::this_thread::yield();
    }
  }
  // The root of the tree over the log, made anew.
  ledger::Digest expected_root(std::size_t size) const {
    ledger::Hasher hasher;
    ledger::LeafHasher leaves{hasher};
    ledger::Frontier tree;
    for (const auto& stored : log().records({lifecycle, stream::Partition{0}})) {
      if (tree.size == size) break;
      tree.append(hasher, leaves.of(stream::view_of(stored, stream::Partition{0})));
    }
    return tree.root(hasher);
  }
  ledger::Digest kept_root() const {
    auto db = open_by_hand();
    auto row = db.prepare("SELECT frontier FROM tree");
    REQUIRE(row.step());
    ledger::Hasher hasher;
    return ledger::Frontier::parse(row.blob(0))->root(hasher);
  }

  int told = 0;
};

void require_whole(const Story& story) {
  const auto rows = kept(story);
  REQUIRE(static_cast<int>(rows.size()) == story.told);
  for (int i = 0; i < story.told; ++i)
    REQUIRE(rows[static_cast<std::size_t>(i)] == Kept{i, i, 0, fmt::format("e-{:06}", i)});
  REQUIRE(story.kept_root() == story.expected_root(rows.size()));
}

}  // namespace

TEST_CASE("a segment ends with the record that fills it, wherever batches and processes end") {
  for (const int batch : {1, 3, 10, 64}) {
    CAPTURE(batch);
    Story story;
    while (story.told < 64) {
      story.tell(batch);
      if (story.told % 2 == 0) story.restart();
    }
    auto db = story.open_by_hand();
    const auto closed = closed_segments(db);
    REQUIRE(static_cast<int>(closed.size()) == story.told / 10);
    for (std::size_t i = 0; i < closed.size(); ++i) {
      CHECK(closed[i].segment.first_index == static_cast<std::int64_t>(i) * 10);
      CHECK(closed[i].segment.rows == 10);
      CHECK(closed[i].segment.root == story.expected_root((i + 1) * 10));
    }
    require_whole(story);
  }
}

TEST_CASE("a hundred folds with crashes, redeliveries and batches of any size end in the same tree") {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    const auto draw = [&random](std::uint32_t below) { return static_cast<int>(random() % below); };
    Story story{{.segments = {.rows_max = 16, .bytes_max = 1'000'000}}};
    while (story.told < 120) {
      story.tell(1 + draw(30));
      if (draw(3) == 0) story.restart();
      if (draw(4) == 0) story.fold(), story.redeliver(0, draw(static_cast<std::uint32_t>(story.told)));
    }
    story.fold();
    auto db = story.open_by_hand();
    for (const Closed& each : closed_segments(db))
      REQUIRE(each.segment.root ==
              story.expected_root(static_cast<std::size_t>(each.segment.first_index + each.segment.rows)));
    require_whole(story);
  }
}

TEST_CASE("bytes fill a segment as rows do") {
  Story story{{.segments = {.rows_max = 1000, .bytes_max = 2'000}}};
  story.tell(40);
  auto db = story.open_by_hand();
  const auto closed = closed_segments(db);
  REQUIRE(closed.size() > 2);
  for (const Closed& each : closed) {
    CHECK(each.segment.bytes >= 2'000);
    CHECK(each.segment.rows < 20);
  }
  require_whole(story);
}

TEST_CASE("a closed segment becomes a read-only file with a manifest, and its table goes") {
  Story story;
  story.tell(10);
  story.tell_until([&] { return sealed_count(story) == 1; });
  const std::string path = folder_of(story) + "/" + sealed_file_name(0);
  struct stat status = {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0440);
  std::ifstream manifest{folder_of(story) + "/" + manifest_name(0)};
  const std::string text{std::istreambuf_iterator<char>{manifest}, {}};
  CHECK(text.find(R"("first_index":0,"rows":10)") != std::string::npos);
  const auto sha256 = sha256_of_file(path);
  REQUIRE(sha256.ok());
  CHECK(text.find(fmt::format("{:02x}", fmt::join(*sha256, ""))) != std::string::npos);
  auto db = story.open_by_hand();
  CHECK_FALSE(db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'record_0'").step());
  require_whole(story);
}

TEST_CASE("a process that dies while it seals begins that segment again") {
  Story story;
  for (int round = 0; round < 20; ++round) {
    story.tell(7);
    story.restart();
  }
  story.tell_until([&] { return sealed_count(story) >= 14; });
  require_whole(story);
}

TEST_CASE("a segment that cannot be sealed stays where it is, and nothing stops") {
  Story story;
  story.tell(1);
  std::ofstream{folder_of(story)} << "a file where the folder should be";
  story.tell(44);
  CHECK(sealed_count(story) == 0);
  require_whole(story);
  std::filesystem::remove(folder_of(story));
  story.restart();  // tries at once
  story.tell_until([&] { return sealed_count(story) == 4; });
  require_whole(story);
}

TEST_CASE("an event sent again is flagged wherever its first row lies") {
  Story story;
  story.tell(10);
  story.tell_until([&] { return sealed_count(story) == 1; });
  story.tell(8);
  const auto again = [&](const std::string& id) {
    story.append(task_event(Type::task_paused, id));
    story.fold();
    return kept(story).back().duplicate;
  };
  CHECK(again("e-000003") == 1);  // sealed
  CHECK(again("e-000003") == 2);
  CHECK(again(fmt::format("e-{:06}", story.told - 1)) == 1);  // open or just closed
  for (int i = 0; i < 30; ++i) again("other-" + std::to_string(i));
  CHECK(again("e-000003") == 3);
  CHECK(again("other-2") == 1);
  CHECK(again("never") == 0);
}

TEST_CASE("all roots are those of the log, whatever was folded in one transaction") {
  Story story{{.segments = {.rows_max = 5'000, .bytes_max = 100'000'000}}};
  story.tell(70'000);
  auto db = story.open_by_hand();
  auto epoch = db.prepare("SELECT size, root FROM epoch");
  REQUIRE(epoch.step());
  CHECK(epoch.integer(0) == 65'536);
  CHECK(ledger::digest_from(epoch.blob(1)) == story.expected_root(65'536));
  auto tiles =
      db.prepare("SELECT count(*) FILTER (WHERE level = 1), count(*) FILTER (WHERE level = 2) FROM tile");
  REQUIRE(tiles.step());
  CHECK(tiles.integer(0) == 70'000 / 256);
  CHECK(tiles.integer(1) == 1);
}

TEST_CASE("a filter of ids never denies one that was added, and seldom claims one that was not") {
  constexpr int ids = 20'000;
  KnownIds known{ids};
  for (int i = 0; i < ids; ++i) known.add("/workers/host-1", fmt::format("{:08x}", i * 2));
  const KnownIds again = KnownIds::of(known.lowest(), known.highest(), known.bits());
  int claimed = 0;
  for (int i = 0; i < ids; ++i) {
    REQUIRE(again.may_hold("/workers/host-1", fmt::format("{:08x}", i * 2)));
    claimed += again.may_hold("/workers/host-1", fmt::format("{:08x}", i * 2 + 1)) ? 1 : 0;
  }
  CHECK(claimed < ids / 300);
  CHECK_FALSE(again.may_hold("/workers/host-1", "ffffffff"));
  CHECK_FALSE(KnownIds{}.may_hold("/workers/host-1", "00000000"));
}

TEST_CASE("answers are the same wherever the rows lie") {
  Story whole{Audit{}}, parts;
  for (Story* story : {&whole, &parts}) {
    for (int i = 0; i < 95; ++i) {
      auto event = task_event(i % 7 == 0 ? Type::task_failed : Type::task_paused, fmt::format("e-{:06}", i),
                              i * 37 % 50, fmt::format("task-{}", i % 5));
      if (event.type == Type::task_failed) {
        event.data.error.emplace();
        event.data.error->code = "no_space";
        event.data.error->message = "no space left";
      }
      event.data.provider = i % 3 == 0 ? "vsphere" : "proxmox";
      event.data.user = fmt::format("user-{}", i % 11);
      event.data.plan_id = fmt::format("wave-{}", i % 6);
      event.data.stage = i % 4 == 0 ? "export" : "upload";
      event.data.ip_address = fmt::format("10.0.0.{}", i % 8);
      story->append(event);
    }
    story->fold();
  }
  // Some are sealed, some closed, one is open.
  auto& told = parts.told;
  told = 1'000;
  whole.told = 1'000;
  parts.tell_until([&] { return sealed_count(parts) >= 7; });
  while (whole.told < told) whole.tell(1);
  for (const char* question :
       {"", "&task_id=task-3", "&user=user-4", "&provider=vsphere", "&provider=vsphere&user=user-9",
        "&success=false", "&event_type=migration_failed",
        "&event_type=migration_failed&event_type=task_paused&task_id=task-0", "&vm_name=web-1",
        "&plan_id=wave-2", "&stage=export", "&ip=10.0.0.5", "&ip=10.0.0.5&stage=upload&success=true",
        "&user=nobody", "&start=1970-01-01T00:00:00.010Z&end=1970-01-01T00:00:00.030Z",
        "&q=vsphere%20user-3"})
    for (const char* order : {"newest", "oldest"}) {
      CAPTURE(question);
      CAPTURE(order);
      std::string cursor;
      do {
        const std::string target = fmt::format("/api/v1/audit?limit=7&order={}{}{}", order, question, cursor);
        const auto a = whole.get(target), b = parts.get(target);
        REQUIRE(a.status == 200);
        REQUIRE(a.body == b.body);
        cursor = a.next_cursor() ? "&cursor=" + *a.next_cursor() : "";
      } while (!cursor.empty());
    }
  CHECK(whole.get("/api/v1/audit/e-000003").body == parts.get("/api/v1/audit/e-000003").body);
}

TEST_CASE("a sealed segment that is gone or damaged is an error that names it, never a shorter answer") {
  Story story;
  story.tell(10);
  story.tell_until([&] { return sealed_count(story) == 1; });
  const std::string path = folder_of(story) + "/" + sealed_file_name(0);
  const auto told_of = [&](const std::string& target) {
    const auto answer = story.get(target);
    return answer.status == 503 && answer.body.find(sealed_file_name(0)) != std::string::npos;
  };
  SUBCASE("gone") { std::filesystem::remove(path); }
  SUBCASE("gone while it was open") {
    CHECK(story.get("/api/v1/audit?order=oldest").status == 200);
    std::filesystem::remove(path);
  }
  SUBCASE("replaced while it was open") {
    CHECK(story.get("/api/v1/audit?order=oldest").status == 200);
    std::ofstream{path + ".new"} << "this is no database at all, though it has the name of one";
    std::filesystem::rename(path + ".new", path);
  }
  SUBCASE("no database") {
    std::filesystem::remove(path);
    std::ofstream{path} << "this is no database at all, though it has the name of one";
  }
  SUBCASE("cut short") {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::filesystem::resize_file(path, 8192);
  }
  CHECK(told_of("/api/v1/audit?order=oldest"));
  CHECK(told_of("/api/v1/audit/e-000003"));
  CHECK(told_of("/api/v1/audit?format=csv"));
}

TEST_CASE("a segment is sealed and dropped though no further record comes") {
  Story story;
  story.tell(30);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (sealed_count(story) < 3) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    story.fold();
    std::this_thread::yield();
  }
  require_whole(story);
}
