#include "producers/cpp/spool/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/log.h"

namespace godwit::producer {
namespace {

constexpr std::string_view suffix = ".seg";
constexpr std::size_t file_bytes_max = std::size_t{1} << 30;  // of a segment, whoever wrote it

// The number in "0000000007.seg"; 0 for any other name.
std::uint32_t segment_of(std::string_view name) {
  if (!name.ends_with(suffix)) return 0;
  name.remove_suffix(suffix.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() ? number : 0;
}

}  // namespace

Journal::Journal(std::unique_ptr<Directory> directory, JournalOptions options)
    : directory_(std::move(directory)), options_(options) {}

std::string Journal::name_of(std::uint32_t segment) { return fmt::format("{:010}{}", segment, suffix); }

Result<std::vector<Spot>> Journal::recover() {
  const auto names = directory_->list();
  if (!names) return names.error();
  std::vector<std::uint32_t> found;
  for (const std::string& name : *names)
    if (const auto segment = segment_of(name); segment != 0) found.push_back(segment);
  std::sort(found.begin(), found.end());
  std::vector<Spot> spots;
  for (const auto segment : found)
    if (Status read = recover_segment(segment, segment == found.back(), spots); !read) return read.error();
  if (!found.empty()) active_ = found.back();

  // What was acknowledged before is not owed; what a damaged segment has lost cannot be.
  std::erase_if(spots, [this](const Spot& spot) { return spot.number < floor_; });
  if (!spots.empty()) floor_ = spots.front().number;
  next_number_ = std::max(next_number_, floor_);
  noted_floor_ = floor_;
  open_.assign(next_number_ - floor_, false);
  for (const Spot& spot : spots) {
    open_[spot.number - floor_] = true;
    ++segments_[spot.segment].unsettled;
  }
  if (spots.empty()) open_.clear();
  for (const auto segment : found) drop_if_settled(segment);
  return spots;
}

Status Journal::recover_segment(std::uint32_t segment, bool last, std::vector<Spot>& out) {
  const std::string name = name_of(segment);
  const auto bytes = directory_->read(name, 0, file_bytes_max);
  if (!bytes) return bytes.error();
  const Scan found = scan(*bytes);
  Segment& kept = segments_[segment];
  kept.name = name;
  kept.bytes = found.good_bytes;
  bytes_ += kept.bytes;
  floor_ = std::max(floor_, found.floor);
  for (const FoundRecord& record : found.records) {
    // A number at or below one that was read already would be sent twice: no file of ours has that.
    if (record.number < next_number_) continue;
    next_number_ = record.number + 1;
    out.push_back({record.number, segment, static_cast<std::uint32_t>(record.size), record.offset});
  }
  // Zeros at the end are room that was reserved and not used.
  const std::size_t written = bytes->find_last_not_of('\0') + 1;  // npos + 1 is 0
  const std::size_t torn = std::max(written, found.good_bytes) - found.good_bytes;
  if (torn == 0 && (!last || bytes->size() == found.good_bytes)) return Done{};
  if (last) {
    if (torn > 0)
      log_warn("spool file {}: the last {} bytes were not wholly written before the end and are cut off",
               name, torn);
    return directory_->truncate(name, found.good_bytes);
  }
  log_error("spool file {}: damaged at byte {}, {} bytes cannot be read; it is kept as {}.damaged", name,
            found.good_bytes, torn, name);
  kept.damaged = true;
  return Done{};
}

Status Journal::begin_segment() {
  const std::uint32_t old = active_;
  // Sealed before the next begins, so that only the last file can have a torn tail.
  if (old != 0 && !segments_[old].closed)
    if (Status sealed = sync(); !sealed) return sealed;
  if (old != 0) directory_->close(name_of(old));
  active_ = old + 1;
  segments_[active_] = {.name = name_of(active_)};
  drop_if_settled(old);
  return Done{};
}

Result<Spot> Journal::append(const stream::OutRecord& record) {
  const std::string frame = record_frame(next_number_, record);
  if (active_ == 0 || segments_[active_].closed || segments_[active_].bytes >= options_.segment_bytes)
    if (Status begun = begin_segment(); !begun) return begun.error();
  Segment& segment = segments_[active_];
  const Spot spot{next_number_, active_, static_cast<std::uint32_t>(frame.size()), segment.bytes};
  if (Status written = write(frame); !written) return written.error();
  ++segment.unsettled;
  ++next_number_;
  open_.push_back(true);
  return spot;
}

Status Journal::write(const std::string& frame) {
  Segment& segment = segments_[active_];
  if (Status written = directory_->append(segment.name, frame); !written) {
    // Nothing may follow half a frame: when it cannot be cut off, the next record begins a new file.
    if (!directory_->truncate(segment.name, segment.bytes)) segment.closed = true;
    return written;
  }
  segment.bytes += frame.size();
  bytes_ += frame.size();
  return Done{};
}

Status Journal::sync() {
  const std::uint32_t segment = active_;
  return segment == 0 ? Status{Done{}} : directory_->sync(name_of(segment));
}

Result<stream::OutRecord> Journal::read(const Spot& spot) {
  const auto frame = directory_->read(name_of(spot.segment), spot.offset, spot.size);
  if (!frame) return frame.error();
  if (auto record = read_record(*frame)) return std::move(*record);
  return fatal_error(
      fmt::format("spool file {}: the record at byte {} is damaged", name_of(spot.segment), spot.offset));
}

void Journal::settle(const Spot& spot) {
  if (spot.number < floor_ || !open_[spot.number - floor_]) return;
  open_[spot.number - floor_] = false;
  while (!open_.empty() && !open_.front()) {
    open_.pop_front();
    ++floor_;
  }
  --segments_[spot.segment].unsettled;
  drop_if_settled(spot.segment);
}

void Journal::drop_if_settled(std::uint32_t segment) {
  const auto at = segments_.find(segment);
  if (at == segments_.end() || at->second.unsettled > 0 || segment == active_) return;
  const std::string name = std::move(at->second.name);
  const Status dropped =
      at->second.damaged ? directory_->rename(name, name + ".damaged") : directory_->remove(name);
  if (!dropped) log_warn("{}", dropped.error().message);
  bytes_ -= at->second.bytes;
  segments_.erase(at);
}

void Journal::note_floor() {
  if (floor_ == noted_floor_ || active_ == 0 || segments_[active_].closed) return;
  if (write(floor_frame(floor_))) noted_floor_ = floor_;
}

void Journal::clear() {
  const std::uint32_t last = active_;
  if (last == 0 || segments_[last].bytes == 0) return;
  active_ = last + 1;  // a name is used once
  segments_[active_] = {.name = name_of(active_)};
  drop_if_settled(last);
}

}  // namespace godwit::producer
