// Engine: the port for how the image in the target's format comes to be. Each kind has the first stages of a
// migration; upload and validation are the same for all (pipeline.h).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "producers/worker/attempt.h"
#include "producers/worker/disk.h"

namespace godwit::worker {

// Used by the attempt's thread, for one attempt.
class Engine {
 public:
  virtual ~Engine() = default;

  // In order, with their share of the whole; upload's is upload_weight.
  virtual std::vector<event::StagePlan> stages() const = 0;
  static constexpr double upload_weight = 0.3;

  // How much the stage is going to move, when that is known.
  virtual std::optional<std::int64_t> bytes_expected(std::string_view stage,
                                                     const std::vector<Disk>& disks) const = 0;
  // Runs one of its stages. After the last each disk's `converted` is there.
  virtual Staged<producer::StageResult> run(std::string_view stage, Attempt& attempt,
                                            std::vector<Disk>& disks) = 0;
  // Adds what it moved to the task's sums, however it ended.
  virtual void add_to(producer::TaskResult& result) const = 0;

  // Whether each image must hold what its source does.
  virtual bool keeps_content() const { return true; }
  // The images are uploaded and validated.
  virtual void delivered(Attempt&) {}
};

}  // namespace godwit::worker
