// Where the tests of the lanes play: topics of their own on the shared broker, a producer, and members.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/kafka/kafka_publisher.h"
#include "common/service/lanes.h"
#include "tests/integration/lanes/shared_disk.h"

namespace godwit::lanes_testing {

inline constexpr int partitions = 6;
inline constexpr std::chrono::seconds patience{60};

// True when `condition` came true before `patience` ran out.
bool wait_until(const std::function<bool()>& condition);

// A stopped member is gone, as a process that ended in peace.
struct Member {
  std::unique_ptr<service::Lanes> lanes;
  std::size_t partitions() const { return lanes->stats().partitions.size(); }
};

struct JoinOptions {
  std::string instance_id = {};
  Millis handover_timeout{30'000};
  SharedDisk* disk = nullptr;  // null: the stage's
};

class Stage {
 public:
  // Creates the topics of one test, which names them.
  explicit Stage(const std::string& test);

  // `count` more events, half of them in each topic, acknowledged when this returns.
  void tell(int count);
  Member join(std::size_t lanes, const JoinOptions& options = {});
  // The disk holds every event told, each once. Otherwise says what is wrong.
  std::string wrong() const;
  bool all_folded() const { return disk.folded().size() >= told_.size(); }
  // The same but for partition 0 of both topics.
  bool all_but_p0_folded() const;

  SharedDisk disk;

 private:
  kafka::ClientOptions client_;
  std::vector<std::string> topics_;
  std::string group_;
  std::unique_ptr<kafka::KafkaPublisher> publisher_;
  SystemClock clock_;
  std::set<std::string> told_;
  std::atomic<std::size_t> told_p0_ = 0;
};

}  // namespace godwit::lanes_testing
