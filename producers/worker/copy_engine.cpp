#include "producers/worker/copy_engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "producers/worker/parse/nbdcopy.h"

namespace godwit::worker {
namespace {

// nbdkit counts bits; 0 is no limit.
void write_rate(const std::string& path, Control::Rate rate) {
  std::ofstream{path} << rate.value_or(0) * 8 << '\n';
}

}  // namespace

std::vector<event::StagePlan> CopyEngine::stages() const {
  return {{std::string{stage_export}, 0.35}, {std::string{stage_conversion}, 0.35}};
}

std::optional<std::int64_t> CopyEngine::bytes_expected(std::string_view stage,
                                                       const std::vector<Disk>& disks) const {
  if (stage == stage_export) return sum_of(disks, &Disk::source_bytes);
  return std::nullopt;
}

Staged<producer::StageResult> CopyEngine::run(std::string_view stage, Attempt& attempt,
                                              std::vector<Disk>& disks) {
  if (stage == stage_export)
    return attempt.each_disk(disks, &Disk::source_bytes,
                             [&](Disk& disk) { return export_disk(attempt, disk); });
  return attempt.each_disk(disks, nullptr, [&](Disk& disk) { return convert_disk(attempt, disk); });
}

void CopyEngine::add_to(producer::TaskResult& result) const {
  result.bytes_exported = bytes_exported_;
  result.bytes_converted = bytes_converted_;
}

Staged<ToolOutcome> CopyEngine::fetch(Attempt& attempt, const Disk& disk, bool has_log_filter) {
  const auto on_reading = [&](const parse::Reading& reading) {
    producer::Tick out;
    out.bytes_total = disk.source_bytes;
    out.unit_basis = "virtual";  // of the export, which is the source's file
    if (reading.bytes_done) out.bytes_done = std::min(*reading.bytes_done, disk.source_bytes);
    if (reading.percentage) {
      out.percentage = reading.percentage;
      out.bytes_done =
          static_cast<std::int64_t>(*reading.percentage / 100 * static_cast<double>(disk.source_bytes));
      out.granularity_bytes = parse::nbdcopy_work_unit_bytes;
    }
    attempt.tick(out);
  };
  const ExportOptions options{.rate_file = disk.copy + ".rate", .has_log_filter = has_log_filter};
  write_rate(options.rate_file, attempt.control().rate());
  attempt.control().on_rate([&](Control::Rate rate) { write_rate(options.rate_file, rate); });
  auto fetched = attempt.use(worker::export_disk(disk.source, disk.copy, options), on_reading);
  attempt.control().on_rate({});
  unlink(options.rate_file.c_str());
  return fetched;
}

Staged<producer::StageResult> CopyEngine::export_disk(Attempt& attempt, const Disk& disk) {
  const auto filter = attempt.use(probe_log_filter());
  if (!filter && std::holds_alternative<Cancelled>(filter.error())) return filter.error();
  if (auto fetched = fetch(attempt, disk, filter.ok()); !fetched) return fetched.error();

  const auto bytes = attempt.size_of(disk.copy, "export");
  if (!bytes) return bytes.error();
  auto copied = attempt.checksum(disk.copy);
  if (!copied) return copied.error();
  const auto original = attempt.checksum(disk.source);
  if (!original) return original.error();
  if (*bytes != disk.source_bytes || *copied != *original)
    return Stopped{make_failure("export_differs", "data",
                                "the exported file differs from the source: it was written to meanwhile, or "
                                "its disk returns wrong bytes",
                                "checksum", true)};
  bytes_exported_ = bytes_exported_.value_or(0) + *bytes;
  return producer::StageResult{
      .duration = {}, .bytes_done = *bytes, .checksum = producer::Checksum{"sha256", *copied}, .files = {}};
}

Staged<producer::StageResult> CopyEngine::convert_disk(Attempt& attempt, Disk& disk) {
  const auto on_reading = [&](const parse::Reading& reading) { attempt.tick(reading, "allocated"); };
  const auto converted = attempt.use(convert_image(disk.copy, disk.info.format, disk.converted,
                                                   disk.target_format, attempt.control().rate()),
                                     on_reading);
  if (!converted) return converted.error();
  unlink(disk.copy.c_str());  // its room may be needed; validation reads the source itself

  auto weighed = attempt.weigh(disk);
  if (weighed) bytes_converted_ = bytes_converted_.value_or(0) + weighed->bytes_done.value_or(0);
  return weighed;
}

}  // namespace godwit::worker
