// What a runner has done, for /metrics, /readyz and tests: written by the loop, copied out by anybody.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/stream/record.h"

namespace godwit::projection {

struct PartitionState {
  stream::TopicPartition at;
  std::int64_t next_offset = 0;  // first offset not folded
  std::int64_t high_offset = 0;  // end of the log, as last heard
  bool caught_up = false;        // has reached the end once since it was assigned
  std::int64_t lag() const { return high_offset > next_offset ? high_offset - next_offset : 0; }
};

// Upper bounds of the commit time histogram, in seconds.
inline constexpr std::array<double, 10> commit_seconds_bounds{0.001, 0.0025, 0.005, 0.01, 0.025,
                                                              0.05,  0.1,    0.25,  1.0,  5.0};

// Upper bounds of the age of events when they are folded, in seconds.
inline constexpr std::array<double, 9> event_age_seconds_bounds{0.1, 0.5, 1, 5, 15, 60, 300, 3600, 86400};
struct EventAges {
  std::array<std::uint64_t, event_age_seconds_bounds.size() + 1> buckets{};
  double seconds_sum = 0;

  // An event that will have happened, by its producer's clock, is 0 s old.
  void add(double seconds);
  EventAges& operator+=(const EventAges& other);
};

// How often a store has given way to the next generation since the process started, and why it last did not.
struct SwapState {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::string why;
};

struct RunnerSnapshot {
  std::map<std::pair<std::string, std::string>, std::uint64_t>
      events;  // (type, outcome: applied, unknown, redelivered)
  std::map<std::pair<std::string, std::string>, std::uint64_t> dead_letters;  // (topic, reason)
  std::map<std::string, std::uint64_t> expired;  // topic -> records that were gone before they were read
  std::uint64_t commits = 0;
  std::array<std::uint64_t, commit_seconds_bounds.size() + 1> commit_buckets{};
  double commit_seconds_sum = 0;
  EventAges event_ages;
  std::vector<PartitionState> partitions;
  std::map<std::string, std::string> suspended;  // store -> why
  std::map<std::string, std::string> refused;    // store -> why it was not opened
  std::map<std::string, std::string> frozen;     // store -> why it is not folded on
  std::map<std::string, std::vector<stream::Position>>
      held;                                 // stores that wait for their successor, and where
  std::map<std::string, SwapState> swaps;   // stores a successor was adopted for, or was to be
  std::optional<std::string> source_error;  // the last poll's, empty when it worked
  std::uint64_t revocations =
      0;                  // since the process started: what was owned before one may be another's since
  bool assigned = false;  // an assignment has been received
  std::map<std::string, std::int32_t> partition_counts;  // of the topics read; empty while unknown
};

class RunnerStats {
 public:
  RunnerSnapshot snapshot() const {
    const std::lock_guard lock{mutex_};
    return data_;
  }
  template <class Change>
  void update(Change change) {
    const std::lock_guard lock{mutex_};
    change(data_);
  }

 private:
  mutable std::mutex mutex_;
  RunnerSnapshot data_;
};

}  // namespace godwit::projection
