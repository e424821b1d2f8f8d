#include "producers/cpp/spool/journal.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/base/log.h"
#include "tests/unit/producer/memory_directory.h"

namespace {

using namespace godwit;
using namespace godwit::producer;
using test::MemoryDirectory;
using test::MemoryDisk;

constexpr JournalOptions small{.segment_bytes = 300};

stream::OutRecord record(std::uint64_t number) {
  return {.topic = "migrations.lifecycle",
          .key = fmt::format("t-{}", number % 3),
          .value = fmt::format("{}", number),
          .headers = {}};
}

struct Life {
  explicit Life(MemoryDisk& disk) : journal(std::make_unique<MemoryDirectory>(disk), small) {
    auto found = journal.recover();
    REQUIRE(found.ok());
    owed = std::move(*found);
  }
  std::vector<std::uint64_t> values() {
    std::vector<std::uint64_t> out;
    for (const Spot& spot : owed) {
      auto read = journal.read(spot);
      REQUIRE(read.ok());
      out.push_back(std::stoull(*read->value));
    }
    return out;
  }
  Journal journal;
  std::vector<Spot> owed;
};

TEST_CASE("a next process finds what is owed, in order, and not what was noted as acknowledged") {
  MemoryDisk disk;
  {
    Life first{disk};
    std::vector<Spot> spots;
    for (std::uint64_t i = 1; i <= 20; ++i) spots.push_back(first.journal.append(record(i)).value());
    CHECK(disk.files.size() > 3);
    for (std::size_t i = 0; i < 12; ++i) first.journal.settle(spots[i]);
    first.journal.settle(spots[15]);  // above the floor: comes again
    first.journal.note_floor();
  }
  Life second{disk};
  CHECK(second.values() == std::vector<std::uint64_t>{13, 14, 15, 16, 17, 18, 19, 20});
}

TEST_CASE("files go when all their records are settled, and the last with clear()") {
  MemoryDisk disk;
  Life life{disk};
  std::vector<Spot> spots;
  for (std::uint64_t i = 1; i <= 50; ++i) spots.push_back(life.journal.append(record(i)).value());
  const std::size_t full = life.journal.bytes();
  for (const Spot& spot : spots) life.journal.settle(spot);
  CHECK(life.journal.owes_nothing());
  CHECK(disk.files.size() == 1);
  CHECK(life.journal.bytes() < full / 5);
  life.journal.clear();
  CHECK(disk.files.empty());
  CHECK(life.journal.bytes() == 0);
  REQUIRE(life.journal.append(record(51)).ok());
  CHECK(Life{disk}.values() == std::vector<std::uint64_t>{51});
}

TEST_CASE("half a frame left by a full disk hides nothing that is written after it") {
  for (const bool truncate_fails : {false, true}) {
    MemoryDisk disk;
    disk.truncate_fails = truncate_fails;
    Life life{disk};
    REQUIRE(life.journal.append(record(1)).ok());
    disk.appends_to_fail = 1;
    CHECK_FALSE(life.journal.append(record(2)).ok());
    REQUIRE(life.journal.append(record(2)).ok());
    disk.truncate_fails = false;
    CHECK(Life{disk}.values() == std::vector<std::uint64_t>{1, 2});
  }
}

TEST_CASE("a damaged older file gives what can be read, is kept aside, and the files after it count") {
  MemoryDisk disk;
  std::uint64_t first_of_second = 0;
  {
    Life life{disk};
    for (std::uint64_t i = 1; i <= 20; ++i)
      if (life.journal.append(record(i)).value().segment == 2 && first_of_second == 0) first_of_second = i;
  }
  disk.files.begin()->second.bytes.back() ^= 1;
  Life life{disk};
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 1; i <= 20; ++i)
    if (i != first_of_second - 1) expected.push_back(i);
  CHECK(life.values() == expected);
  for (const Spot& spot : life.owed) life.journal.settle(spot);
  CHECK(disk.files.contains("0000000001.seg.damaged"));
}

// Without the lines about torn tails, of which there are hundreds.
struct Quiet {
  Quiet() { init_log("unit_producer", LogLevel::error); }
  ~Quiet() { init_log("unit_producer", LogLevel::info); }
};

// Lives of one spool, each ended by kill -9 or a power cut at any moment.
TEST_CASE("whatever the crash, what is found is what was owed, in order, with everything synced") {
  const Quiet quiet;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 chance{seed};
    MemoryDisk disk;
    std::uint64_t written = 0, synced = 0, sure = 0, floor = 0;
    for (int crash = 0; crash < 6; ++crash) {
      Life life{disk};
      const auto values = life.values();
      // A prefix of what was written: nothing missing in between, nothing synced missing at the end.
      for (std::size_t i = 1; i < values.size(); ++i) REQUIRE(values[i] == values[i - 1] + 1);
      if (!values.empty()) {
        REQUIRE(values.front() <= floor + 1);
        REQUIRE(values.back() <= written);
        REQUIRE(values.back() >= sure);
        written = values.back();
      } else {
        REQUIRE(floor >= sure);
        written = std::max(sure, floor);
      }
      std::vector<Spot> spots = life.owed;
      std::size_t acknowledged = 0;
      if (!values.empty()) floor = values.front() - 1;
      for (int step = static_cast<int>(chance() % 60); step > 0; --step) {
        switch (chance() % 6) {
          case 0:
            if (acknowledged < spots.size()) {
              life.journal.settle(spots[acknowledged++]);
              ++floor;
            }
            break;
          case 1:
            life.journal.note_floor();
            break;
          case 2:
            REQUIRE(life.journal.sync().ok());
            synced = written;
            break;
          default:
            if (chance() % 10 == 0) {
              disk.appends_to_fail = 1;
              CHECK_FALSE(life.journal.append(record(written + 1)).ok());
            } else {
              spots.push_back(life.journal.append(record(++written)).value());
            }
        }
      }
      if (chance() % 2 == 0) {
        disk.cut_power(chance);
        sure = synced;
      } else {
        disk.kill(chance);
        sure = written;  // kill -9: the kernel has it all
      }
    }
  }
}

}  // namespace
