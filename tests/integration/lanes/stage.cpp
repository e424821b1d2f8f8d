#include "tests/integration/lanes/stage.h"

#include <fmt/format.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "common/event/codec.h"
#include "common/kafka/admin.h"

namespace godwit::lanes_testing {
namespace {

constexpr int admin_timeout_ms = 30'000;
constexpr std::chrono::milliseconds look_again{20};

std::string shared_broker() {
  const char* file = std::getenv("GODWIT_TEST_BROKERS_FILE");  // NOLINT: nobody sets the environment here
  GODWIT_CHECK(file != nullptr, "GODWIT_TEST_BROKERS_FILE names no broker");
  std::string address;
  std::ifstream{file} >> address;
  return address;
}

stream::OutRecord event_record(const std::string& id, const std::string& task, const std::string& topic) {
  event::Event event;
  event.id = id;
  event.source = "/workers/1";
  event.subject = task;
  event.type = event::Type::task_queued;
  event.type_name = event::full_type(event.type);
  event.time = from_unix_ms(1795254859257);
  event.data.vm_name = task;
  event.data.provider = "vsphere";
  event.data.attempt = 1;
  return {.topic = topic, .key = task, .value = event::encode_structured(event), .headers = {}};
}

}  // namespace

bool wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    never.wait_for(lock, look_again);
  }
  return true;
}

Stage::Stage(const std::string& test) {
  const std::string unique = fmt::format("lanes-{}-{}", test, SystemClock{}.now().time_since_epoch().count());
  client_.brokers = shared_broker();
  client_.properties = {{"heartbeat.interval.ms", "200"}};
  topics_ = {unique + "-a", unique + "-b"};
  group_ = unique;
  std::vector<kafka::TopicSpec> specs;
  for (const std::string& topic : topics_)
    specs.push_back({.name = topic, .partitions = partitions, .config = {}});
  const auto created = kafka::create_topics(client_, specs, admin_timeout_ms);
  GODWIT_CHECK(created.ok(), "no topics: {}", created.error().message);
  auto publisher = kafka::KafkaPublisher::create({.brokers = client_.brokers});
  GODWIT_CHECK(publisher.ok(), "no publisher: {}", publisher.error().message);
  publisher_ = std::move(*publisher);
}

void Stage::tell(int count) {
  for (int i = 0; i < count; ++i) {
    const std::size_t number = told_.size();
    const std::string id = fmt::format("e-{}", number);
    const auto taken = publisher_->publish(
        event_record(id, fmt::format("task-{}", number % 101), topics_[number % topics_.size()]),
        [this](const Result<stream::Placed>& placed) {
          GODWIT_CHECK(placed.ok(), "not stored");
          if (placed->partition.value() == 0) ++told_p0_;
        });
    GODWIT_CHECK(taken.ok(), "not taken: {}", taken.error().message);
    told_.insert(id);
  }
  const auto flushed = publisher_->flush(patience);
  GODWIT_CHECK(flushed.ok(), "not flushed: {}", flushed.error().message);
}

Member Stage::join(std::size_t lanes, const JoinOptions& options) {
  Member out{std::make_unique<service::Lanes>(
      lanes,
      projection::RunnerOptions{
          .consumer = "counting", .poll = {.records_max = 50}, .store_retry = Millis{100}},
      options.disk != nullptr ? *options.disk : disk, *publisher_, clock_, projection::Runner::Changed{})};
  const auto connected = out.lanes->connect(client_, {.group = group_,
                                                      .topics = topics_,
                                                      .instance_id = options.instance_id,
                                                      .session_timeout = Millis{6'000},
                                                      .handover_timeout = options.handover_timeout});
  GODWIT_CHECK(connected.ok(), "not connected: {}", connected.error().message);
  out.lanes->start();
  return out;
}

bool Stage::all_but_p0_folded() const {
  return disk.folded().size() - disk.folded_into("p-0000") >= told_.size() - told_p0_;
}

std::string Stage::wrong() const {
  std::string out;
  const auto folded = disk.folded();
  for (const std::string& id : told_)
    if (folded.count(id) != 1) out += fmt::format("{} folded {} times; ", id, folded.count(id));
  for (const std::string& name : disk.opened_twice()) out += fmt::format("{} held by two at once; ", name);
  return out;
}

}  // namespace godwit::lanes_testing
