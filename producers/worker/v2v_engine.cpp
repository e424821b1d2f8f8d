#include "producers/worker/v2v_engine.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace godwit::worker {

std::vector<event::StagePlan> V2vEngine::stages() const { return {{std::string{stage_conversion}, 0.7}}; }

std::optional<std::int64_t> V2vEngine::bytes_expected(std::string_view, const std::vector<Disk>&) const {
  return std::nullopt;  // it moves what the guest uses, which it finds out itself
}

Staged<producer::StageResult> V2vEngine::run(std::string_view, Attempt& attempt, std::vector<Disk>& disks) {
  return attempt.each_disk(disks, nullptr, [&](Disk& disk) { return convert(attempt, disk); });
}

void V2vEngine::take_line(Attempt& attempt, std::string_view line) {
  const auto record = parse::virt_v2v_record(line);
  if (!record) return;
  const std::string text = parse::printable_utf8(record->text);
  switch (record->kind) {
    case parse::V2vRecord::Kind::message:
    case parse::V2vRecord::Kind::info:
      attempt.observer().note("virt-v2v: " + text);
      break;
    case parse::V2vRecord::Kind::warning:
      go_on(attempt.migration().warning("virt-v2v: " + text));
      break;
    case parse::V2vRecord::Kind::error:
      error_ = "virt-v2v: " + text;
      break;
  }
}

Staged<producer::StageResult> V2vEngine::convert(Attempt& attempt, Disk& disk) {
  const auto on_reading = [&](const parse::Reading& reading) { attempt.tick(reading, "virtual"); };
  ToolOptions options;
  options.on_extra_line = [&](std::string_view line) { take_line(attempt, line); };
  const auto converted =
      attempt.use(virt_v2v(disk.source, disk.info.format, folder_, disk.target_format), on_reading, options);
  if (!converted) {
    const auto* failure = std::get_if<event::Failure>(&converted.error());
    if (failure == nullptr || error_.empty()) return converted.error();
    event::Failure told = *failure;
    told.message = error_;
    return Stopped{std::move(told)};
  }
  // Named by virt-v2v.
  if (std::rename((folder_ + "/" + v2v_image).c_str(), disk.converted.c_str()) != 0)
    return Stopped{make_failure("tool_failed", "tool",
                                fmt::format("virt-v2v left no {}: {}", v2v_image, std::strerror(errno)),
                                "virt-v2v", false)};
  auto weighed = attempt.weigh(disk);
  if (weighed) bytes_converted_ = weighed->bytes_done;
  return weighed;
}

}  // namespace godwit::worker
