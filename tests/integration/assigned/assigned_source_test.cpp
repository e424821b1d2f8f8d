// AssignedSource against the broker: partitions read by name, from given offsets to their ends.
#include "common/kafka/assigned_source.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "common/kafka/admin.h"
#include "common/kafka/kafka_publisher.h"

namespace godwit::kafka {
namespace {

constexpr int timeout_ms = 30'000;
constexpr std::chrono::seconds patience{60};

std::string shared_broker() {
  const char* file = std::getenv("GODWIT_TEST_BROKERS_FILE");  // NOLINT: nobody sets the environment here
  REQUIRE(file != nullptr);
  std::string address;
  std::ifstream{file} >> address;
  return address;
}

// Has folded so many records of each partition, and remembers what it is told.
struct Listener final : stream::AssignmentListener {
  std::vector<stream::Position> assigned(const std::vector<stream::TopicPartition>& partitions) override {
    std::vector<stream::Position> out;
    out.reserve(partitions.size());
    for (const auto& at : partitions)
      out.push_back({at, start.contains(at) ? start.at(at) : stream::offset_beginning});
    return out;
  }
  void revoked(const std::vector<stream::TopicPartition>& partitions) override {
    given_up.insert(given_up.end(), partitions.begin(), partitions.end());
  }
  std::map<stream::TopicPartition, stream::Offset> start;
  std::vector<stream::TopicPartition> given_up;
};

// A topic of two partitions with forty records, and a source over it.
struct Scene {
  Scene() {
    topic = fmt::format("assigned-{}", SystemClock{}.now().time_since_epoch().count());
    const ClientOptions client{.brokers = shared_broker()};
    REQUIRE(create_topics(client, {{.name = topic, .partitions = 2, .config = {}}}, timeout_ms).ok());
    auto publisher = KafkaPublisher::create(client);
    REQUIRE(publisher.ok());
    // Keys decide the partition, so each of them gets what it gets.
    for (int i = 0; i < 40; ++i)
      REQUIRE((*publisher)
                  ->publish({.topic = topic, .key = fmt::format("k{}", i), .value = "v", .headers = {}},
                            [this](const Result<stream::Placed>& placed) {
                              REQUIRE(placed.ok());
                              ++ends[{topic, placed->partition}];
                            })
                  .ok());
    REQUIRE((*publisher)->flush(patience).ok());
    auto made = AssignedSource::create(client, {}, listener);
    REQUIRE(made.ok());
    source = std::move(*made);
  }
  stream::TopicPartition at(int number) const { return {topic, stream::Partition{number}}; }
  // The offsets handed out of each partition, until all that are read are at their ends.
  std::map<stream::TopicPartition, std::vector<std::int64_t>> read_to_ends(std::size_t partitions) {
    std::map<stream::TopicPartition, std::vector<std::int64_t>> out;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto batch = source->poll({.records_max = 7});
      REQUIRE_MESSAGE(batch.ok(), batch.error().message);
      for (const stream::Record& record : batch->records)
        out[{std::string{record.topic}, record.partition}].push_back(record.offset.value());
      const auto marks = source->watermarks();
      const bool done = std::all_of(marks.begin(), marks.end(), [](const auto& mark) { return mark.at_end; });
      if (batch->empty() && marks.size() == partitions && done) return out;
    }
    FAIL("the ends are not reached");
    return out;
  }
  std::vector<std::int64_t> from(std::int64_t first, int number) const {
    std::vector<std::int64_t> out;
    for (; first < ends.at(at(number)); ++first) out.push_back(first);
    return out;
  }

  std::string topic;
  std::map<stream::TopicPartition, std::int64_t> ends;
  Listener listener;
  std::unique_ptr<AssignedSource> source;
};

TEST_CASE("it reads the partitions it was given, each from its offset to a known end, and joins nothing") {
  Scene scene;
  scene.listener.start[scene.at(1)] = stream::Offset{4};
  scene.source->assign({scene.at(0)});
  CHECK(scene.read_to_ends(1) ==
        std::map<stream::TopicPartition, std::vector<std::int64_t>>{{scene.at(0), scene.from(0, 0)}});
  scene.source->assign({scene.at(1)});  // beside the first, which goes on where it is
  const auto more = scene.read_to_ends(2);
  CHECK_FALSE(more.contains(scene.at(0)));
  CHECK(more.at(scene.at(1)) == scene.from(4, 1));
  for (const stream::Watermark& mark : scene.source->watermarks())
    CHECK(mark.high.value() == scene.ends.at(mark.at));
  CHECK(scene.source->partition_counts().at(scene.topic) == 2);
  CHECK_FALSE(scene.source->cluster_id().empty());
  scene.source->close();
  CHECK(scene.listener.given_up == std::vector{scene.at(0), scene.at(1)});
}

TEST_CASE("it resumes a partition by seeking, also after a pause, and the others are left alone") {
  Scene scene;
  scene.source->assign({scene.at(0), scene.at(1)});
  REQUIRE(scene.read_to_ends(2).size() == 2);
  scene.source->pause({scene.at(0)});
  REQUIRE(scene.source->resume({{scene.at(0), stream::Offset{3}}}).ok());
  const auto again = scene.read_to_ends(2);
  CHECK(again.at(scene.at(0)) == scene.from(3, 0));
  CHECK_FALSE(again.contains(scene.at(1)));
}

TEST_CASE("what it gave up is read no more, and what is not in the log stops it") {
  Scene scene;
  scene.source->assign({scene.at(0), scene.at(1)});
  REQUIRE(scene.read_to_ends(2).size() == 2);
  scene.source->revoke({scene.at(0)});
  CHECK(scene.listener.given_up == std::vector{scene.at(0)});
  CHECK(scene.source->watermarks().size() == 1);
  scene.listener.start[scene.at(0)] = stream::Offset{1'000};
  scene.source->assign({scene.at(0)});
  std::optional<Error> error;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!error && std::chrono::steady_clock::now() < deadline)
    if (const auto batch = scene.source->poll({}); !batch) error = batch.error();
  REQUIRE(error);
  CHECK(error->kind == ErrorKind::fatal);
  CHECK(error->message.find(scene.topic) != std::string::npos);
}

}  // namespace
}  // namespace godwit::kafka
