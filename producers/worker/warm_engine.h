// WarmEngine: a VM that goes on writing. A full copy, rounds of what was written meanwhile, then the
// cutover: writing ends and the rest is copied.
#pragma once

#include "producers/worker/engine.h"
#include "producers/worker/mirror.h"
#include "producers/worker/rounds.h"

namespace godwit::worker {

struct WarmOptions {
  RoundLimits limits;
  Millis round_interval{0};  // between the end of a round and the next; the Control may ask for it earlier
};

// The mirror outlives it.
class WarmEngine final : public Engine {
 public:
  WarmEngine(Mirror& mirror, WarmOptions options) : mirror_(mirror), options_(options) {}

  std::vector<event::StagePlan> stages() const override;
  std::optional<std::int64_t> bytes_expected(std::string_view stage,
                                             const std::vector<Disk>& disks) const override;
  Staged<producer::StageResult> run(std::string_view stage, Attempt& attempt,
                                    std::vector<Disk>& disks) override;
  void add_to(producer::TaskResult& result) const override;
  void delivered(Attempt& attempt) override;

 private:
  std::optional<Stopped> open(Attempt& attempt, const std::vector<Disk>& disks);
  Staged<producer::StageResult> precopy(Attempt& attempt, std::vector<Disk>& disks);
  std::optional<Stopped> round(Attempt& attempt, const std::vector<Disk>& disks);
  Staged<std::int64_t> copy(Attempt& attempt, const std::vector<Disk>& disks);
  std::optional<Stopped> wait_for_next(Attempt& attempt) const;
  Staged<std::int64_t> bytes_dirty(const std::vector<Disk>& disks);
  Staged<producer::StageResult> cut_over(Attempt& attempt, std::vector<Disk>& disks);
  std::int64_t iteration() const { return static_cast<std::int64_t>(rounds_.size()); }

  Mirror& mirror_;
  WarmOptions options_;
  std::vector<Round> rounds_;  // begins with the full copy
  std::int64_t bytes_copied_ = 0;
  std::int64_t bytes_final_ = 0;
  Timestamp frozen_at_;
};

}  // namespace godwit::worker
