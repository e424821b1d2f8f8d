#include "producers/worker/attempt.h"

#include <utility>

#include "producers/worker/checksum.h"
#include "producers/worker/file.h"

namespace godwit::worker {

Attempt::Attempt(AttemptParts parts, std::stop_token stop) : parts_(parts), stop_(std::move(stop)) {
  parts_.control.on_pause([this](bool paused) { told_to_pause(paused); });
  parts_.control.on_beat([this] {
    if (!stage_.empty()) heartbeat();
  });
}

Attempt::~Attempt() {
  parts_.control.on_pause({});
  parts_.control.on_beat({});
}

void Attempt::told_to_pause(bool paused) {
  if (paused)
    go_on(migration().paused("asked to pause during " + stage_));
  else
    go_on(migration().resumed());
  observer().note(paused ? "paused" : "resumed");
}

std::optional<Stopped> Attempt::run_stage(std::string_view name, int index, int total,
                                          std::optional<std::int64_t> bytes_total, const Body& body) {
  stage_ = name;
  control().hold(stop_);
  if (is_cancelled()) return Stopped{Cancelled{}};
  const Timestamp start = clock().now();
  bytes_done_.reset();
  go_on(migration().stage_started(name, index, total, bytes_total));
  observer().stage_started(name, index, total);

  auto ended = body();
  const Millis duration = clock().now() - start;
  if (ended) {
    ended->duration = duration;
    go_on(migration().stage_completed(name, *ended));
    observer().stage_ended(name, StageEnd::completed, duration);
    return std::nullopt;
  }
  if (const auto* failure = std::get_if<event::Failure>(&ended.error())) {
    go_on(migration().stage_failed(name, *failure, duration, bytes_done_));
    observer().stage_ended(name, StageEnd::failed, duration);
  } else {
    observer().stage_ended(name, StageEnd::cancelled, duration);
  }
  return ended.error();
}

Staged<producer::StageResult> Attempt::each_disk(std::vector<Disk>& disks, std::int64_t Disk::*bytes,
                                                 const DiskBody& body) {
  producer::StageResult sum;
  DiskShare share;
  share.count = static_cast<std::int64_t>(disks.size());
  if (bytes != nullptr) share.bytes_total = sum_of(disks, bytes);
  for (Disk& disk : disks) {
    share.index = disk.index;
    share_ = share;
    auto part = body(disk);
    share_.reset();
    if (!part) {
      const auto* failure = std::get_if<event::Failure>(&part.error());
      if (failure != nullptr && disk.count > 1) go_on(migration().disk_failed(report_of(disk), *failure));
      return part.error();
    }
    if (part->bytes_done) sum.bytes_done = sum.bytes_done.value_or(0) + *part->bytes_done;
    if (disks.size() == 1) sum.checksum = part->checksum;
    sum.files.insert(sum.files.end(), part->files.begin(), part->files.end());
    if (bytes != nullptr) share.bytes_before += disk.*bytes;
  }
  return sum;
}

void Attempt::tick(producer::Tick tick) { tick_of(share_.value_or(DiskShare{}), std::move(tick)); }

void Attempt::tick(const parse::Reading& reading, std::string_view unit_basis) {
  producer::Tick out;
  out.percentage = reading.percentage;
  out.unit_basis = unit_basis;
  tick(std::move(out));
}

void Attempt::tick_of(const DiskShare& share, producer::Tick tick) {
  tick.stage = stage_;
  if (share.count > 1) {
    tick.disk_index = share.index;
    migration().progress(tick);
  }
  const producer::Tick whole = stage_tick(tick, share);
  if (whole.bytes_done) bytes_done_ = whole.bytes_done;
  migration().progress(whole);
  observer().progress(whole);
}

Staged<ToolOutcome> Attempt::use(const Step& step, const OnReading& on_reading, const ToolOptions& options) {
  control().hold(stop_);
  auto outcome = run_tool(parts_.runner, step, on_reading, stop_, options);
  if (!outcome) return Stopped{failure_of(step, outcome.error())};
  if (!outcome->exit.succeeded() && is_cancelled()) return Stopped{Cancelled{}};
  if (!outcome->exit.succeeded()) return Stopped{failure_of(step, *outcome)};
  return std::move(*outcome);
}

Staged<std::string> Attempt::checksum(const std::string& path) {
  const auto on_bytes = [this](std::int64_t, std::int64_t) {
    control().hold(stop_);
    heartbeat();
  };
  auto sum = sha256_of_file(path, on_bytes, stop_);
  if (sum) return *sum;
  if (is_cancelled()) return Stopped{Cancelled{}};
  return Stopped{make_failure("read_failed", "storage", sum.error().message, "checksum", true)};
}

Staged<parse::ImageInfo> Attempt::info_of(const std::string& path, const std::optional<std::string>& format) {
  const Step step = probe_image(path, format);
  auto outcome = use(step);
  if (!outcome) return outcome.error();
  auto info = parse::qemu_img_info(outcome->output);
  if (!info) return Stopped{make_failure("tool_failed", "tool", info.error().message, step.tool, false)};
  return *info;
}

Staged<std::int64_t> Attempt::size_of(const std::string& path, std::string_view phase) {
  const auto bytes = file_bytes(path);
  if (bytes) return *bytes;
  return Stopped{make_failure("read_failed", "storage", bytes.error().message, std::string{phase}, true)};
}

Staged<producer::StageResult> Attempt::weigh(Disk& disk) {
  const auto info = info_of(disk.converted, disk.target_format);
  if (!info) return info.error();
  const auto bytes = size_of(disk.converted, stage_);
  if (!bytes) return bytes.error();
  auto sum = checksum(disk.converted);
  if (!sum) return sum.error();
  disk.converted_bytes = *bytes;
  disk.sha256 = *sum;
  return producer::StageResult{.duration = {},
                               .bytes_done = info->bytes_allocated,
                               .checksum = producer::Checksum{"sha256", *sum},
                               .files = {}};
}

}  // namespace godwit::worker
