#include "producers/worker/pipeline.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "producers/worker/checksum.h"
#include "producers/worker/file.h"
#include "producers/worker/parse/nbdcopy.h"

namespace godwit::worker {
namespace {

event::Failure storage_failure(std::string code, const Error& error, std::string_view phase) {
  return make_failure(std::move(code), "storage", error.message, std::string{phase}, true);
}

// An event that is not taken fails no migration; the outbox has logged it.
void go_on(const Status&) {}

}  // namespace

Outcome Pipeline::run(const Job& job, std::stop_token stop) {
  job_ = job;
  stop_ = std::move(stop);
  started_at_ = clock_.now();

  // The source is looked at first, so that the start can say how much there is to move; what is wrong with it
  // is the export's failure, seen like any other.
  probed_ = probe();
  producer::Announcement announcement;
  announcement.stages = planned_stages();
  if (*probed_) {
    const parse::ImageInfo& info = **probed_;
    announcement.bytes_total = info.bytes_virtual;
    announcement.disks = {{0, std::nullopt, info.bytes_virtual, info.bytes_allocated}};
  }
  go_on(migration_.started(announcement));

  const Body bodies[] = {&Pipeline::run_export, &Pipeline::run_conversion, &Pipeline::run_upload,
                         &Pipeline::run_validation};
  for (std::size_t i = 0; i < announcement.stages.size(); ++i)
    if (auto stopped = run_stage(static_cast<int>(i), announcement.stages[i].stage, bodies[i]))
      return end_early(std::move(*stopped));
  outcome_.result.duration = clock_.now() - started_at_;
  go_on(migration_.completed(outcome_.result));
  return outcome_;
}

Outcome Pipeline::end_early(Stopped why) {
  outcome_.result.duration = clock_.now() - started_at_;
  outcome_.stage = stage_;
  if (auto* failure = std::get_if<event::Failure>(&why)) {
    outcome_.end = Outcome::End::failed;
    outcome_.failure = *failure;
    go_on(migration_.failed(*failure, outcome_.result.duration));
  } else {
    outcome_.end = Outcome::End::cancelled;
    go_on(migration_.cancelled(fmt::format("stopped by a signal during {}", stage_)));
  }
  return outcome_;
}

std::optional<Pipeline::Stopped> Pipeline::run_stage(int index, std::string_view name, Body body) {
  stage_ = name;
  if (stop_.stop_requested()) return Stopped{Cancelled{}};
  const int total = static_cast<int>(planned_stages().size());
  const Timestamp start = clock_.now();
  bytes_done_.reset();
  go_on(migration_.stage_started(name, index, total, expected_bytes(name)));
  observer_.stage_started(name, index, total);

  auto ended = (this->*body)();
  const Millis duration = clock_.now() - start;
  if (ended) {
    ended->duration = duration;
    go_on(migration_.stage_completed(name, *ended));
    observer_.stage_ended(name, StageEnd::completed, duration);
    return std::nullopt;
  }
  if (const auto* failure = std::get_if<event::Failure>(&ended.error())) {
    go_on(migration_.stage_failed(name, *failure, duration, bytes_done_));
    observer_.stage_ended(name, StageEnd::failed, duration);
  } else {
    observer_.stage_ended(name, StageEnd::cancelled, duration);
  }
  return ended.error();
}

std::optional<std::int64_t> Pipeline::expected_bytes(std::string_view stage) const {
  if (stage == stage_export && *probed_) return source_bytes_;
  if (stage == stage_upload) return converted_bytes_;
  return std::nullopt;
}

void Pipeline::tick(producer::Tick tick) {
  tick.stage = stage_;
  if (tick.bytes_done) bytes_done_ = tick.bytes_done;
  migration_.progress(tick);
  observer_.progress(tick);
}

Pipeline::Staged<ToolOutcome> Pipeline::use(const Step& step, const OnReading& on_reading) {
  auto outcome = run_tool(runner_, step, on_reading, stop_);
  if (!outcome) return Stopped{failure_of(step, outcome.error())};
  // A tool that fails because it was told to stop has not failed.
  if (!outcome->exit.succeeded() && stop_.stop_requested()) return Stopped{Cancelled{}};
  if (!outcome->exit.succeeded()) return Stopped{failure_of(step, *outcome)};
  return std::move(*outcome);
}

Pipeline::Staged<std::string> Pipeline::checksum(const std::string& path) {
  auto sum = sha256_of_file(
      path, [this](std::int64_t, std::int64_t) { migration_.heartbeat(stage_); }, stop_);
  if (sum) return *sum;
  if (stop_.stop_requested()) return Stopped{Cancelled{}};
  return Stopped{storage_failure("read_failed", sum.error(), "checksum")};
}

Pipeline::Staged<parse::ImageInfo> Pipeline::info_of(const std::string& path,
                                                     const std::optional<std::string>& format) {
  const Step step = probe_image(path, format);
  auto outcome = use(step, [](const parse::Reading&) {});
  if (!outcome) return outcome.error();
  auto info = parse::qemu_img_info(outcome->output);
  if (!info) return Stopped{make_failure("tool_failed", "tool", info.error().message, step.tool, false)};
  return *info;
}

Pipeline::Staged<std::int64_t> Pipeline::size_of(const std::string& path, std::string_view phase) {
  const auto bytes = file_bytes(path);
  if (!bytes) return Stopped{storage_failure("read_failed", bytes.error(), phase)};
  return *bytes;
}

Pipeline::Staged<parse::ImageInfo> Pipeline::probe() {
  auto info = info_of(job_.source, job_.source_format);
  if (!info) return info;
  if (const Status usable = check_source(*info); !usable)
    return Stopped{make_failure("source_not_supported", "source", usable.error().message, "probe", false)};
  const auto bytes = size_of(job_.source, "probe");
  if (!bytes) return bytes.error();
  source_bytes_ = *bytes;
  return info;
}

Pipeline::Staged<producer::StageResult> Pipeline::run_export() {
  if (!*probed_) return probed_->error();
  const auto filter = use(probe_log_filter(), [](const parse::Reading&) {});
  if (!filter && std::holds_alternative<Cancelled>(filter.error())) return filter.error();
  const ExportOptions options{.bytes_per_second_max = job_.bytes_per_second_max,
                              .has_log_filter = filter.ok()};
  const auto on_reading = [this](const parse::Reading& reading) {
    producer::Tick out;
    out.bytes_total = source_bytes_;
    out.unit_basis = "virtual";  // of the export, which is the source's file
    if (reading.bytes_done) out.bytes_done = std::min(*reading.bytes_done, source_bytes_);
    if (reading.percentage) {
      out.percentage = reading.percentage;
      out.bytes_done =
          static_cast<std::int64_t>(*reading.percentage / 100 * static_cast<double>(source_bytes_));
      out.granularity_bytes = parse::nbdcopy_work_unit_bytes;
    }
    tick(out);
  };
  auto exported = use(export_disk(job_.source, job_.copy, options), on_reading);
  if (!exported) return exported.error();

  const auto bytes = size_of(job_.copy, "export");
  if (!bytes) return bytes.error();
  auto copied = checksum(job_.copy);
  if (!copied) return copied.error();
  const auto original = checksum(job_.source);
  if (!original) return original.error();
  if (*bytes != source_bytes_ || *copied != *original)
    return Stopped{make_failure("export_differs", "data",
                                "the exported file differs from the source: it was written to meanwhile, or "
                                "its disk returns wrong bytes",
                                "checksum", true)};
  outcome_.result.bytes_exported = *bytes;
  return producer::StageResult{
      .duration = {}, .bytes_done = *bytes, .checksum = producer::Checksum{"sha256", *copied}, .files = {}};
}

Pipeline::Staged<producer::StageResult> Pipeline::run_conversion() {
  const auto on_reading = [this](const parse::Reading& reading) {
    producer::Tick out;
    out.percentage = reading.percentage;
    out.unit_basis = "allocated";
    tick(out);
  };
  const auto converted = use(convert_image(job_.copy, (*probed_)->format, job_.converted, job_.target_format,
                                           job_.bytes_per_second_max),
                             on_reading);
  if (!converted) return converted.error();
  unlink(job_.copy.c_str());  // its room may be needed; validation reads the source itself

  const auto info = info_of(job_.converted, job_.target_format);
  if (!info) return info.error();
  const auto bytes = size_of(job_.converted, "conversion");
  if (!bytes) return bytes.error();
  auto sum = checksum(job_.converted);
  if (!sum) return sum.error();
  converted_bytes_ = *bytes;
  outcome_.sha256 = *sum;
  outcome_.result.bytes_converted = info->bytes_allocated;
  return producer::StageResult{.duration = {},
                               .bytes_done = info->bytes_allocated,
                               .checksum = producer::Checksum{"sha256", *sum},
                               .files = {}};
}

Pipeline::Staged<producer::StageResult> Pipeline::run_upload() {
  const auto on_bytes = [this](std::int64_t done, std::int64_t total) {
    producer::Tick out;
    out.bytes_done = done;
    out.bytes_total = total;
    out.unit_basis = "allocated";
    tick(out);
  };
  auto uploaded = uploader_.upload(job_.converted, on_bytes, stop_);
  if (!uploaded) {
    if (stop_.stop_requested()) return Stopped{Cancelled{}};
    return Stopped{uploaded.error()};
  }
  outcome_.result.bytes_uploaded = uploaded->bytes;
  outcome_.location = uploaded->location;
  return producer::StageResult{.duration = {},
                               .bytes_done = uploaded->bytes,
                               .checksum = producer::Checksum{"sha256", outcome_.sha256},
                               .files = {uploaded->location}};
}

Pipeline::Staged<producer::StageResult> Pipeline::run_validation() {
  const auto on_reading = [this](const parse::Reading& reading) {
    producer::Tick out;
    out.percentage = reading.percentage;
    out.unit_basis = "percent";
    tick(out);
  };
  auto compared =
      use(compare_images(job_.source, (*probed_)->format, job_.converted, job_.target_format), on_reading);
  if (!compared) {
    const auto* failure = std::get_if<event::Failure>(&compared.error());
    // qemu-img compare: 1 is "they differ", more is trouble of its own.
    if (failure == nullptr || failure->exit_code != 1) return compared.error();
    event::Failure differ = *failure;
    differ.code = "images_differ";
    differ.error_class = "data";
    differ.message = "the converted image differs from the source";
    return Stopped{std::move(differ)};
  }
  const auto heartbeat = [this](std::int64_t, std::int64_t) { migration_.heartbeat(stage_); };
  auto stored = uploader_.stored_sha256(heartbeat, stop_);
  if (!stored && stop_.stop_requested()) return Stopped{Cancelled{}};
  if (!stored) return Stopped{stored.error()};
  if (*stored && **stored != outcome_.sha256)
    return Stopped{make_failure("checksum_mismatch", "data",
                                "the uploaded file differs from the converted image: " + outcome_.location,
                                "checksum", true)};
  return producer::StageResult{.duration = {},
                               .bytes_done = (*probed_)->bytes_virtual,
                               .checksum = producer::Checksum{"sha256", outcome_.sha256},
                               .files = {}};
}

}  // namespace godwit::worker
