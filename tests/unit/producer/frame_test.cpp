#include "producers/cpp/spool/frame.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "producers/cpp/spool/crc32c.h"

namespace {

using namespace godwit;
using namespace godwit::producer;

bool same(const stream::OutRecord& a, const stream::OutRecord& b) {
  return a.topic == b.topic && a.key == b.key && a.value == b.value && a.headers == b.headers;
}

const stream::OutRecord full{.topic = "migrations.lifecycle",
                             .key = "t-1",
                             .value = std::string("a\0b", 3),
                             .headers = {{"content-type", "application/json"}, {"empty", ""}}};

TEST_CASE("the checksum is CRC-32C: the vectors of RFC 3720, B.4") {
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c("") == 0U);
  std::mt19937 chance{7};
  for (std::size_t size = 0; size < 100; ++size) {
    std::string bytes;
    while (bytes.size() < size) bytes.push_back(static_cast<char>(chance()));
    CHECK(crc32c(bytes) == crc32c_by_tables(bytes));
  }
}

TEST_CASE("a record comes back from its frame as it was, absent and empty told apart") {
  const stream::OutRecord bare{.topic = "t", .key = {}, .value = {}, .headers = {}};
  const stream::OutRecord hollow{.topic = "", .key = "", .value = "", .headers = {}};
  for (const stream::OutRecord& record : {full, bare, hollow}) {
    const auto read = read_record(record_frame(7, record));
    REQUIRE(read.has_value());
    CHECK(same(*read, record));
  }
}

TEST_CASE("a file cut anywhere gives the whole frames before the cut, and only these") {
  std::string bytes;
  std::vector<std::size_t> ends{0};
  for (std::uint64_t number = 1; number <= 5; ++number) {
    bytes += number == 4 ? floor_frame(2) : record_frame(number, full);
    ends.push_back(bytes.size());
  }
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const Scan found = scan(std::string_view{bytes}.substr(0, cut));
    const auto whole =
        static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), cut) - ends.begin() - 1);
    CHECK(found.good_bytes == ends[whole]);
    CHECK(found.records.size() == whole - (whole >= 4 ? 1 : 0));
    CHECK(found.floor == (whole >= 4 ? 2 : 0));
  }
}

TEST_CASE("a flipped bit anywhere ends the scan at its frame and makes the record unreadable") {
  const std::string first = record_frame(1, full);
  const std::string both = first + record_frame(2, full);
  for (std::size_t at = first.size(); at < both.size(); ++at) {
    std::string damaged = both;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CHECK(scan(damaged).good_bytes == first.size());
    CHECK_FALSE(read_record(std::string_view{damaged}.substr(first.size())).has_value());
  }
}

TEST_CASE("zeros, as some file systems leave after a power cut, are no frames") {
  const std::string first = record_frame(1, full);
  CHECK(scan(first + std::string(4096, '\0')).good_bytes == first.size());
}

}  // namespace
