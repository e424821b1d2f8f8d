// V2vEngine: a guest that is made to run on KVM. virt-v2v reads the disk, changes what is in it and writes
// the image, so image and source differ by intent.
#pragma once

#include <string>

#include "producers/worker/engine.h"
#include "producers/worker/parse/virt_v2v.h"

namespace godwit::worker {

// For one disk.
class V2vEngine final : public Engine {
 public:
  // `folder` is for virt-v2v's own files.
  explicit V2vEngine(std::string folder) : folder_(std::move(folder)) {}

  std::vector<event::StagePlan> stages() const override;
  std::optional<std::int64_t> bytes_expected(std::string_view stage,
                                             const std::vector<Disk>& disks) const override;
  Staged<producer::StageResult> run(std::string_view stage, Attempt& attempt,
                                    std::vector<Disk>& disks) override;
  void add_to(producer::TaskResult& result) const override { result.bytes_converted = bytes_converted_; }
  bool keeps_content() const override { return false; }

 private:
  Staged<producer::StageResult> convert(Attempt& attempt, Disk& disk);
  void take_line(Attempt& attempt, std::string_view line);

  std::string folder_;
  std::string error_;  // in virt-v2v's words
  std::optional<std::int64_t> bytes_converted_;
};

}  // namespace godwit::worker
