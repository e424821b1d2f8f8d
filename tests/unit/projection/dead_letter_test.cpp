#include "common/projection/dead_letter.h"

#include <doctest/doctest.h>

#include <limits>
#include <map>

namespace godwit::projection {
namespace {

TEST_CASE("a dead letter keeps the record as it came and says where it lay and why it is one") {
  const stream::Record record{.topic = "migrations.progress",
                              .partition = stream::Partition{7},
                              .offset = stream::Offset{1042},
                              .timestamp = from_unix_ms(0),
                              .key = std::nullopt,
                              .value = std::nullopt,
                              .headers = {{"ce_id", "1"}, {"empty", std::nullopt}}};
  const auto letter = make_dead_letter("audit", record, {"missing", "/data/stage", "is required"});
  CHECK(letter.topic == "godwit.deadletter");
  CHECK(letter.key == "migrations.progress/7/1042");
  CHECK_FALSE(letter.value);
  const std::map<std::string, std::string> headers{letter.headers.begin(), letter.headers.end()};
  CHECK(headers.at("ce_id") == "1");
  CHECK(headers.at("godwit-consumer") == "audit");
  CHECK(headers.at("godwit-partition") == "7");
  CHECK(headers.at("godwit-timestamp") == "1970-01-01T00:00:00.000Z");
  CHECK(headers.at("godwit-reason") == "missing");
  CHECK(headers.at("godwit-detail") == "/data/stage: is required");
  CHECK_FALSE(headers.contains("godwit-key"));
  CHECK_FALSE(headers.contains("empty"));
}

TEST_CASE("a record whose time is no calendar's still becomes a dead letter") {
  for (const std::int64_t ms :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    const stream::Record record{.topic = "migrations.progress",
                                .partition = stream::Partition{0},
                                .offset = stream::Offset{0},
                                .timestamp = from_unix_ms(ms),
                                .key = std::nullopt,
                                .value = std::nullopt,
                                .headers = {}};
    const auto letter = make_dead_letter("audit", record, {"not_json", "", "is cut short"});
    const std::map<std::string, std::string> headers{letter.headers.begin(), letter.headers.end()};
    CHECK(headers.at("godwit-timestamp") ==
          (ms < 0 ? "0000-01-01T00:00:00.000Z" : "9999-12-31T23:59:59.999Z"));
  }
}

}  // namespace
}  // namespace godwit::projection
