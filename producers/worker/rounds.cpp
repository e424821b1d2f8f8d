#include "producers/worker/rounds.h"

#include "common/base/check.h"

namespace godwit::worker {
namespace {

// The number of rounds at the end that did not leave less than the round before.
int stubborn_at_end(const std::vector<Round>& rounds) {
  int stubborn = 0;
  for (std::size_t i = rounds.size(); i-- > 1;) {
    if (rounds[i].bytes_dirty == 0 || rounds[i].bytes_dirty < rounds[i - 1].bytes_dirty) break;
    ++stubborn;
  }
  return stubborn;
}

}  // namespace

NextStep next_step(const std::vector<Round>& rounds, const RoundLimits& limits, bool cutover_wanted) {
  GODWIT_CHECK(!rounds.empty(), "a decision before the full copy");
  const auto incremental = static_cast<std::int64_t>(rounds.size()) - 1;
  const bool is_close = rounds.back().bytes_dirty <= limits.cutover_below_bytes;
  if (cutover_wanted || is_close || incremental >= limits.rounds_max) return NextStep::cut_over;
  return NextStep::copy_again;
}

bool stops_converging(const std::vector<Round>& rounds, const RoundLimits& limits) {
  return stubborn_at_end(rounds) == limits.stubborn_rounds;
}

}  // namespace godwit::worker
