#include "common/projection/dead_letter.h"

#include <doctest/doctest.h>

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

}  // namespace
}  // namespace godwit::projection
