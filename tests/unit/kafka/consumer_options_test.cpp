#include "common/kafka/consumer_options.h"

#include <doctest/doctest.h>

#include "common/kafka/client.h"

namespace godwit::kafka {
namespace {

ConfPtr conf_of(const ClientOptions& client, const ConsumerOptions& options) {
  auto conf = make_conf(client, consumer_properties(options));
  REQUIRE(conf);
  return std::move(*conf);
}

TEST_CASE("what is read ahead of the fold has the bounds of the options") {
  const auto conf = conf_of({}, {.group = "g",
                                 .read_ahead = {.queue_records_max = 1234,
                                                .queue_kibibytes_max = 2345,
                                                .fetch_kibibytes_max = 3456,
                                                .partition_kibibytes_max = 456}});
  CHECK(value_of(*conf, "queued.min.messages") == "1234");
  CHECK(value_of(*conf, "queued.max.messages.kbytes") == "2345");
  CHECK(value_of(*conf, "fetch.max.bytes") == std::to_string(3456 * 1024));
  CHECK(value_of(*conf, "max.partition.fetch.bytes") == std::to_string(456 * 1024));
}

TEST_CASE("the bounds on reading ahead are below those of librdkafka") {
  const ReadAhead ahead;
  CHECK(ahead.queue_kibibytes_max <= 65'536);
  CHECK(ahead.fetch_kibibytes_max < 51'200);
  CHECK(ahead.partition_kibibytes_max <= ahead.fetch_kibibytes_max);
}

TEST_CASE("a property the user gives wins over ours") {
  const auto conf = conf_of(
      {.properties = {{"queued.max.messages.kbytes", "77"}, {"fetch.wait.max.ms", "9"}}}, {.group = "g"});
  CHECK(value_of(*conf, "queued.max.messages.kbytes") == "77");
  CHECK(value_of(*conf, "fetch.wait.max.ms") == "9");
}

TEST_CASE("positions never come from the group, and no gap is skipped in silence") {
  const auto conf = conf_of({}, {.group = "g", .instance_id = "node-1"});
  CHECK(value_of(*conf, "enable.auto.commit") == "false");
  CHECK(value_of(*conf, "enable.auto.offset.store") == "false");
  CHECK(value_of(*conf, "auto.offset.reset") == "error");
  CHECK(value_of(*conf, "partition.assignment.strategy") == "range");
  CHECK(value_of(*conf, "group.instance.id") == "node-1");
}

}  // namespace
}  // namespace godwit::kafka
