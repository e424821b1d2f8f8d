// Lanes: the loops of one consumer. Each lane folds its share of the assigned partitions on a thread of its
// own, with its own runner, queue and SQLite connections, and shares nothing with the others; one more thread
// is the member of the group that gets the partitions and hands them out.
#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "common/kafka/kafka_group.h"
#include "common/projection/runner.h"

namespace godwit::service {

inline constexpr std::size_t lanes_max = 64;

// What the lanes have done, as one: counters added up, partitions and troubles of all together. Assigned when
// all of them are; a source error of the first that has one.
projection::RunnerSnapshot merged(const std::vector<projection::RunnerSnapshot>& lanes);

class Lanes {
 public:
  // What is referred to must outlive the lanes and is used by all of them at once, and so is `changed`.
  Lanes(std::size_t count, const projection::RunnerOptions& options, projection::StoreFactory& stores,
        stream::Publisher& publisher, const Clock& clock, const projection::Runner::Changed& changed);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // Before start(). Invalid for a wrong property; a broker that is away is no error here. When the group
  // finds the client failed for good, a new one is made like this.
  Status connect(const kafka::ClientOptions& client, const kafka::ConsumerOptions& options);
  void start();
  // Every lane commits what it has read, the partitions go back, then the threads end.
  void stop();

  // Safe from every thread.
  projection::RunnerSnapshot stats() const;
  // For a rebuild beside them; they live as long as the lanes.
  std::vector<projection::Runner*> runners() const;

 private:
  void start_loops();
  void stop_loops();
  void belong(const std::stop_token& stop);

  std::vector<std::unique_ptr<projection::Runner>> runners_;
  kafka::ClientOptions client_;
  kafka::ConsumerOptions options_;
  std::unique_ptr<kafka::KafkaGroup> group_;
  std::vector<std::jthread> loops_;  // of the membership thread while that runs
  std::jthread membership_;
};

}  // namespace godwit::service
