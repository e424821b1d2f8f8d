// CopyEngine: a VM that stands still. Export fetches each disk's file byte for byte, conversion makes the
// image of it.
#pragma once

#include "producers/worker/engine.h"

namespace godwit::worker {

class CopyEngine final : public Engine {
 public:
  std::vector<event::StagePlan> stages() const override;
  std::optional<std::int64_t> bytes_expected(std::string_view stage,
                                             const std::vector<Disk>& disks) const override;
  Staged<producer::StageResult> run(std::string_view stage, Attempt& attempt,
                                    std::vector<Disk>& disks) override;
  void add_to(producer::TaskResult& result) const override;

 private:
  Staged<producer::StageResult> export_disk(Attempt& attempt, const Disk& disk);
  Staged<ToolOutcome> fetch(Attempt& attempt, const Disk& disk, bool has_log_filter);
  Staged<producer::StageResult> convert_disk(Attempt& attempt, Disk& disk);

  std::optional<std::int64_t> bytes_exported_, bytes_converted_;
};

}  // namespace godwit::worker
