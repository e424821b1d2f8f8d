// A producer that librdkafka declares broken for good, below a spool and by itself, at a real broker.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

#include "common/base/check.h"
#include "common/kafka/admin.h"
#include "common/kafka/kafka_publisher.h"
#include "common/kafka/log_reader.h"
#include "producers/cpp/spool/spool.h"
#include "tests/lib/temporary_directory.h"

namespace {

using namespace godwit;

constexpr int keys = 20;
constexpr int records = 6'000;
constexpr Millis patience{30'000};

kafka::ClientOptions shared_broker() {
  const char* file = std::getenv("GODWIT_TEST_BROKERS_FILE");  // NOLINT: nobody sets the environment here
  GODWIT_CHECK(file != nullptr, "GODWIT_TEST_BROKERS_FILE names no broker");
  kafka::ClientOptions client;
  std::ifstream{file} >> client.brokers;
  return client;
}

std::string new_topic(const kafka::ClientOptions& client) {
  std::string topic = fmt::format("broken-producer-{}", to_unix_ms(SystemClock{}.now()));
  const auto created = kafka::create_topics(client, {{.name = topic, .partitions = 4, .config = {}}}, 30'000);
  GODWIT_CHECK(created.ok(), "no topic: {}", created.error().message);
  return topic;
}

stream::OutRecord record(const std::string& topic, int number) {
  return {.topic = topic,
          .key = fmt::format("t-{}", number % keys),
          .value = fmt::format("{}", number),
          .headers = {}};
}

// Per key, the numbers in the order of the log, each where it came first.
std::map<std::string, std::vector<int>> read_firsts(const kafka::ClientOptions& client,
                                                    const std::string& topic) {
  auto reader = kafka::LogReader::open(client, {topic}, kafka::FromBeginning{}, patience);
  GODWIT_CHECK(reader.ok(), "cannot read: {}", reader.error().message);
  std::map<std::string, std::vector<int>> found;
  std::map<int, int> seen;
  while (!(*reader)->at_end()) {
    const auto batch = (*reader)->poll({.records_max = 1000, .wait_max = Millis{100}});
    GODWIT_CHECK(batch.ok(), "cannot read: {}", batch.error().message);
    for (const stream::Record& each : batch->records) {
      const int number = std::stoi(std::string{*each.value});
      if (seen[number]++ == 0) found[std::string{*each.key}].push_back(number);
    }
  }
  return found;
}

TEST_CASE("a spool over a producer that breaks again and again delivers everything, in order per key") {
  const auto client = shared_broker();
  const std::string topic = new_topic(client);
  const testing::TemporaryDirectory directory;
  const SystemClock clock;
  auto publisher = kafka::KafkaPublisher::create(client, kafka::for_spool());
  REQUIRE(publisher.ok());
  producer::SpoolOptions options;
  options.directory = directory.path();
  options.sync = producer::Sync::interval;
  options.retry_interval = Millis{20};
  options.in_flight_max = 500;
  auto spool = producer::Spool::open(**publisher, clock, options);
  REQUIRE(spool.ok());
  for (int number = 0; number < records; ++number) {
    REQUIRE((*spool)->send("event", record(topic, number)).ok());
    if (number % 1500 != 700) continue;
    // Some are stored, some in flight, some on disk.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto enough = static_cast<std::uint64_t>(number - 400);
    while ((*spool)->figures().acknowledged < enough && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    (*publisher)->break_producer("a test");
  }
  REQUIRE((*spool)->flush(patience).ok());
  CHECK((*spool)->figures().acknowledged == records);
  const auto found = read_firsts(client, topic);
  REQUIRE(found.size() == keys);
  for (const auto& of_key : found) {
    const std::vector<int>& numbers = of_key.second;
    CAPTURE(of_key.first);
    CHECK(numbers.size() == records / keys);
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  }
}

TEST_CASE("a broken producer reports what it held as failed and transient, and the next one takes records") {
  const auto client = shared_broker();
  const std::string topic = new_topic(client);
  auto publisher = kafka::KafkaPublisher::create(client);
  REQUIRE(publisher.ok());
  (*publisher)->break_producer("a test");
  const auto deadline = std::chrono::steady_clock::now() + patience;
  Result<stream::Placed> placed = transient_error("not tried");
  while (!placed && std::chrono::steady_clock::now() < deadline) {
    placed = stream::publish_and_wait(**publisher, record(topic, 1), patience);
    if (!placed) REQUIRE(placed.error().kind == ErrorKind::transient);
  }
  CHECK(placed.ok());
}

}  // namespace
