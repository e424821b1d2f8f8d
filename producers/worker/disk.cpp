#include "producers/worker/disk.h"

namespace godwit::worker {

producer::Tick stage_tick(const producer::Tick& tick, const DiskShare& share) {
  producer::Tick out = tick;
  out.disk_index.reset();
  if (share.count == 1) return out;
  out.percentage.reset();
  if (tick.bytes_done && share.bytes_total) {
    out.bytes_done = share.bytes_before + *tick.bytes_done;
    out.bytes_total = share.bytes_total;
    return out;
  }
  double part = tick.percentage.value_or(0) / 100;
  if (!tick.percentage && tick.bytes_done && tick.bytes_total && *tick.bytes_total > 0)
    part = static_cast<double>(*tick.bytes_done) / static_cast<double>(*tick.bytes_total);
  out.bytes_done.reset();
  out.bytes_total.reset();
  out.percentage = 100 * (static_cast<double>(share.index) + part) / static_cast<double>(share.count);
  return out;
}

producer::DiskReport report_of(const Disk& disk) {
  producer::DiskReport report;
  report.index = disk.index;
  report.count = disk.count;
  report.source_path = disk.source;
  report.target_path = disk.location;
  report.format = disk.target_format;
  if (!disk.sha256.empty()) {
    report.bytes_done = disk.converted_bytes;
    report.checksum = producer::Checksum{"sha256", disk.sha256};
  }
  return report;
}

std::int64_t sum_of(const std::vector<Disk>& disks, std::int64_t Disk::*bytes) {
  std::int64_t sum = 0;
  for (const Disk& disk : disks) sum += disk.*bytes;
  return sum;
}

}  // namespace godwit::worker
