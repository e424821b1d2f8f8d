// Load: a seeded, endless stream of events of realistic migrations, with lifecycle and ticks in their true
// proportions. Pure: the same seed and times give the same events.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "common/event/event.h"

namespace godwit::cli {

struct LoadOptions {
  std::uint64_t seed = 1;
  std::int64_t tasks = 100;           // migrations under way at the same time
  std::string prefix = "bench";       // of task ids
  std::int64_t ticks_per_stage = 40;  // at two a second, 20 s a stage
  double failing = 0.05;              // share of attempts that fail; half of those are tried again
};

class Load {
 public:
  explicit Load(const LoadOptions& options);

  // The next event, as of `now`. Tasks take turns; one that has ended makes room for a new one.
  event::Event next(Timestamp now);
  std::uint64_t tasks_finished() const { return finished_; }

 private:
  struct Running {
    std::string task_id, vm_name, provider, source;
    std::int64_t attempt = 1;
    std::int64_t step = 0;      // 0: start; then per stage: start, ticks, end
    std::int64_t fail_at = -1;  // the step at which this attempt fails; -1: never
    std::int64_t bytes_total = 0;
    std::uint64_t sequence = 0;
    Timestamp began;
  };

  Running make_task();
  std::int64_t draw_failure();
  event::Event blank(Running& task, event::Type type, Timestamp now);
  event::Event stage_event(Running& task, Timestamp now);
  event::Event fail(Running& task, Timestamp now);
  void restart(Running& task);

  LoadOptions options_;
  std::mt19937_64 random_;
  std::vector<Running> running_;
  std::size_t turn_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t finished_ = 0;
};

}  // namespace godwit::cli
