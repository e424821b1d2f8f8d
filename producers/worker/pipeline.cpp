#include "producers/worker/pipeline.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit::worker {

Outcome Pipeline::run(std::vector<Disk> disks) {
  outcome_.disks = std::move(disks);
  const Timestamp start = attempt_.clock().now();
  // The sources are looked at first, so that the start can say how much there is to move; what is wrong with
  // them is the first stage's failure, seen like any other.
  for (Disk& disk : outcome_.disks)
    if (!unreadable_) unreadable_ = probe(disk);
  announce();

  const auto stopped = run_stages();
  engine_.add_to(outcome_.result);
  outcome_.result.duration = attempt_.clock().now() - start;
  if (stopped)
    end_early(*stopped);
  else
    go_on(attempt_.migration().completed(outcome_.result));
  return std::move(outcome_);
}

void Pipeline::announce() {
  stages_ = engine_.stages();
  stages_.push_back({std::string{stage_upload}, Engine::upload_weight});
  stages_.push_back({std::string{stage_validation}, 0.0});
  producer::Announcement announcement;
  announcement.stages = stages_;
  if (!unreadable_) {
    announcement.bytes_total = 0;
    for (const Disk& disk : outcome_.disks) {
      *announcement.bytes_total += disk.info.bytes_virtual;
      announcement.disks.push_back(
          {disk.index, std::nullopt, disk.info.bytes_virtual, disk.info.bytes_allocated});
    }
  }
  go_on(attempt_.migration().started(announcement));
}

std::optional<Stopped> Pipeline::run_stages() {
  const int total = static_cast<int>(stages_.size());
  for (int index = 0; index < total; ++index) {
    const std::string& name = stages_[static_cast<std::size_t>(index)].stage;
    const auto body = [this, &name, index] { return run_stage(name, index == 0); };
    if (auto stopped = attempt_.run_stage(name, index, total, bytes_expected(name), body)) return stopped;
  }
  engine_.delivered(attempt_);
  return std::nullopt;
}

Staged<producer::StageResult> Pipeline::run_stage(std::string_view name, bool is_first) {
  auto& disks = outcome_.disks;
  if (is_first && unreadable_) return *unreadable_;
  if (is_first && disks.size() > 1)
    for (const Disk& disk : disks) go_on(attempt_.migration().disk_started(report_of(disk)));
  if (name == stage_upload)
    return attempt_.each_disk(disks, &Disk::converted_bytes, [this](Disk& disk) { return upload(disk); });
  if (name == stage_validation)
    return attempt_.each_disk(disks, nullptr, [this](Disk& disk) { return validate(disk); });
  return engine_.run(name, attempt_, disks);
}

std::optional<std::int64_t> Pipeline::bytes_expected(std::string_view stage) const {
  if (unreadable_ || stage == stage_validation) return std::nullopt;
  if (stage == stage_upload) return sum_of(outcome_.disks, &Disk::converted_bytes);
  return engine_.bytes_expected(stage, outcome_.disks);
}

std::optional<Stopped> Pipeline::probe(Disk& disk) {
  auto info = attempt_.info_of(disk.source, disk.source_format);
  if (!info) return info.error();
  if (const Status usable = check_source(*info); !usable)
    return Stopped{make_failure("source_not_supported", "source", usable.error().message, "probe", false)};
  const auto bytes = attempt_.size_of(disk.source, "probe");
  if (!bytes) return bytes.error();
  disk.info = *info;
  disk.source_bytes = *bytes;
  return std::nullopt;
}

void Pipeline::end_early(const Stopped& why) {
  outcome_.stage = attempt_.stage();
  if (const auto* failure = std::get_if<event::Failure>(&why)) {
    outcome_.end = Outcome::End::failed;
    outcome_.failure = *failure;
    go_on(attempt_.migration().failed(*failure, outcome_.result.duration));
  } else {
    outcome_.end = Outcome::End::cancelled;
    go_on(attempt_.migration().cancelled(fmt::format("stopped by request during {}", outcome_.stage)));
  }
}

Staged<producer::StageResult> Pipeline::upload(Disk& disk) {
  const auto on_bytes = [this](std::int64_t done, std::int64_t total) {
    producer::Tick out;
    out.bytes_done = done;
    out.bytes_total = total;
    out.unit_basis = "allocated";
    attempt_.tick(out);
  };
  auto uploaded = disk.uploader->upload(disk.converted, on_bytes, attempt_.stop());
  if (!uploaded) {
    if (attempt_.is_cancelled()) return Stopped{Cancelled{}};
    return Stopped{uploaded.error()};
  }
  outcome_.result.bytes_uploaded = outcome_.result.bytes_uploaded.value_or(0) + uploaded->bytes;
  disk.location = uploaded->location;
  return producer::StageResult{.duration = {},
                               .bytes_done = uploaded->bytes,
                               .checksum = producer::Checksum{"sha256", disk.sha256},
                               .files = {uploaded->location}};
}

std::optional<Stopped> Pipeline::compare(const Disk& disk) {
  const auto on_reading = [this](const parse::Reading& reading) {
    producer::Tick out;
    out.percentage = reading.percentage;
    out.unit_basis = "percent";
    attempt_.tick(out);
  };
  auto compared = attempt_.use(
      compare_images(disk.source, disk.info.format, disk.converted, disk.target_format), on_reading);
  if (compared) return std::nullopt;
  const auto* failure = std::get_if<event::Failure>(&compared.error());
  // qemu-img compare: 1 is "they differ", more is trouble of its own.
  if (failure == nullptr || failure->exit_code != 1) return compared.error();
  event::Failure differ = *failure;
  differ.code = "images_differ";
  differ.error_class = "data";
  differ.message = "the converted image differs from the source";
  return Stopped{std::move(differ)};
}

Staged<producer::StageResult> Pipeline::validate(Disk& disk) {
  if (engine_.keeps_content())
    if (auto stopped = compare(disk)) return *stopped;
  const auto on_bytes = [this](std::int64_t, std::int64_t) {
    attempt_.control().hold(attempt_.stop());
    attempt_.heartbeat();
  };
  auto stored = disk.uploader->stored_sha256(on_bytes, attempt_.stop());
  if (!stored && attempt_.is_cancelled()) return Stopped{Cancelled{}};
  if (!stored) return Stopped{stored.error()};
  if (*stored && **stored != disk.sha256)
    return Stopped{make_failure("checksum_mismatch", "data",
                                "the uploaded file differs from the converted image: " + disk.location,
                                "checksum", true)};
  if (disk.count > 1) go_on(attempt_.migration().disk_completed(report_of(disk)));
  return producer::StageResult{.duration = {},
                               .bytes_done = disk.info.bytes_virtual,
                               .checksum = producer::Checksum{"sha256", disk.sha256},
                               .files = {}};
}

}  // namespace godwit::worker
