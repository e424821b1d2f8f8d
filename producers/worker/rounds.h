// Rounds: how a warm migration goes on after each round of copying. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace godwit::worker {

struct RoundLimits {
  std::int64_t rounds_max = 3;           // after the full copy and before the cutover
  std::int64_t cutover_below_bytes = 0;  // cut over early once no more than this is dirty
  int stubborn_rounds = 3;               // so many whose delta does not shrink are worth a warning
};

struct Round {
  std::int64_t bytes_copied = 0;
  std::int64_t bytes_dirty = 0;  // when the next step is decided
};

enum class NextStep { copy_again, cut_over };

// `rounds` begins with the full copy and is not empty.
NextStep next_step(const std::vector<Round>& rounds, const RoundLimits& limits, bool cutover_wanted);

// Whether the last rounds, the full copy aside, each left at least as much to copy as the one before: more
// rounds will not make the cutover shorter. Said at the moment it becomes true only.
bool stops_converging(const std::vector<Round>& rounds, const RoundLimits& limits);

}  // namespace godwit::worker
