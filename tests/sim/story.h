// Story: what is appended to the log in the course of a simulation: the events of some tasks and their
// webhook deliveries, with resends, late ones and second ends, and between them poison, unknown types and
// holes.
#pragma once

#include <deque>
#include <string>

#include "common/stream/memory_log.h"
#include "tests/sim/random.h"

namespace godwit::sim {

inline const std::string lifecycle = "migrations.lifecycle";
inline const std::string progress = "migrations.progress";
inline const std::string activity = "platform.activity";
inline constexpr int partitions = 3;

class Story {
 public:
  explicit Story(std::uint64_t seed);

  bool over() const { return records_.empty(); }
  // Appends the next few records, and sometimes a hole.
  void tell(stream::MemoryLog& log, Random& random);

 private:
  std::deque<stream::OutRecord> records_;
};

}  // namespace godwit::sim
