#include "producers/worker/warm_engine.h"

#include <fmt/format.h>

#include <algorithm>

namespace godwit::worker {

std::vector<event::StagePlan> WarmEngine::stages() const {
  return {{std::string{stage_precopy}, 0.65}, {std::string{stage_cutover}, 0.05}};
}

std::optional<std::int64_t> WarmEngine::bytes_expected(std::string_view stage,
                                                       const std::vector<Disk>& disks) const {
  if (stage != stage_precopy) return std::nullopt;
  std::int64_t sum = 0;
  for (const Disk& disk : disks) sum += disk.info.bytes_virtual;
  return sum;
}

void WarmEngine::add_to(producer::TaskResult& result) const {
  if (!rounds_.empty()) result.bytes_exported = bytes_copied_;
}

Staged<producer::StageResult> WarmEngine::run(std::string_view stage, Attempt& attempt,
                                              std::vector<Disk>& disks) {
  return stage == stage_precopy ? precopy(attempt, disks) : cut_over(attempt, disks);
}

std::optional<Stopped> WarmEngine::open(Attempt& attempt, const std::vector<Disk>& disks) {
  for (const Disk& disk : disks) {
    auto created = attempt.use(create_image(disk.converted, disk.target_format, disk.info.bytes_virtual));
    if (!created) return created.error();
  }
  const auto addresses = mirror_.open(disks);
  if (!addresses) return addresses.error();
  for (std::size_t i = 0; i < addresses->size(); ++i)
    attempt.observer().note(fmt::format("disk {} is served at {}", i, (*addresses)[i]));
  return std::nullopt;
}

Staged<producer::StageResult> WarmEngine::precopy(Attempt& attempt, std::vector<Disk>& disks) {
  if (auto stopped = open(attempt, disks)) return *stopped;
  for (;;) {
    if (auto stopped = round(attempt, disks)) return *stopped;
    if (auto stopped = wait_for_next(attempt)) return *stopped;
    const auto dirty = bytes_dirty(disks);
    if (!dirty) return dirty.error();
    rounds_.back().bytes_dirty = *dirty;
    if (stops_converging(rounds_, options_.limits))
      go_on(attempt.migration().warning(
          fmt::format("pre-copy does not converge: {} bytes left after round {}, no less than before", *dirty,
                      iteration() - 1)));
    if (next_step(rounds_, options_.limits, attempt.control().is_cutover_wanted()) == NextStep::cut_over)
      break;
  }
  return producer::StageResult{
      .duration = {}, .bytes_done = bytes_copied_, .checksum = std::nullopt, .files = {}};
}

// One round over all disks, as its events.
std::optional<Stopped> WarmEngine::round(Attempt& attempt, const std::vector<Disk>& disks) {
  const std::int64_t number = iteration();
  const auto expected = number == 0 ? bytes_expected(stage_precopy, disks) : rounds_.back().bytes_dirty;
  go_on(attempt.migration().precopy_started(number, expected));
  const Timestamp start = attempt.clock().now();
  const auto copied = copy(attempt, disks);
  if (!copied) {
    if (const auto* failure = std::get_if<event::Failure>(&copied.error()))
      go_on(attempt.migration().precopy_failed(number, *failure));
    return copied.error();
  }
  const auto dirty = bytes_dirty(disks);
  if (!dirty) return dirty.error();
  producer::RoundResult result;
  result.iteration = number;
  result.bytes_copied = *copied;
  result.duration = attempt.clock().now() - start;
  result.bytes_dirty = *dirty;
  rounds_.push_back({.bytes_copied = *copied, .bytes_dirty = *dirty});
  go_on(attempt.migration().precopy_completed(result));
  attempt.observer().note(
      fmt::format("precopy round {}: {} bytes copied, {} bytes written meanwhile", number, *copied, *dirty));
  return std::nullopt;
}

// The next iteration's bytes of all disks. Disks after the first begin from where the one before ended.
Staged<std::int64_t> WarmEngine::copy(Attempt& attempt, const std::vector<Disk>& disks) {
  const bool is_full = rounds_.empty();
  std::int64_t expected = 0;
  for (const Disk& disk : disks) {
    const auto bytes =
        is_full ? Staged<std::int64_t>{disk.info.bytes_virtual} : mirror_.bytes_dirty(disk.index);
    if (!bytes) return bytes.error();
    expected += *bytes;
  }
  std::int64_t done = 0;
  for (const Disk& disk : disks) {
    const auto on_bytes = [&](std::int64_t bytes_done, std::int64_t bytes_total) {
      producer::Tick tick;
      tick.iteration = iteration();
      tick.unit_basis = is_full ? "virtual" : "delta";
      tick.bytes_done = bytes_done;
      tick.bytes_total = bytes_total;
      attempt.tick_of(
          {.index = disk.index, .count = disk.count, .bytes_before = done, .bytes_total = expected}, tick);
    };
    const auto copied = is_full ? mirror_.copy_all(disk.index, attempt, on_bytes)
                                : mirror_.copy_dirty(disk.index, attempt, on_bytes);
    if (!copied) return copied.error();
    done += *copied;
  }
  bytes_copied_ += done;
  return done;
}

Staged<std::int64_t> WarmEngine::bytes_dirty(const std::vector<Disk>& disks) {
  std::int64_t sum = 0;
  for (const Disk& disk : disks) {
    const auto bytes = mirror_.bytes_dirty(disk.index);
    if (!bytes) return bytes.error();
    sum += *bytes;
  }
  return sum;
}

std::optional<Stopped> WarmEngine::wait_for_next(Attempt& attempt) const {
  Control& control = attempt.control();
  const auto until = Control::Steady::now() + options_.round_interval;
  while (!attempt.is_cancelled()) {
    control.hold(attempt.stop());
    if (control.is_cutover_wanted() || control.take_next_round()) return std::nullopt;
    const auto now = Control::Steady::now();
    if (now >= until) return std::nullopt;
    attempt.heartbeat();
    control.wait_until(std::min(until, now + attempt_beat), attempt.stop());
  }
  return Stopped{Cancelled{}};
}

Staged<producer::StageResult> WarmEngine::cut_over(Attempt& attempt, std::vector<Disk>& disks) {
  if (attempt.control().is_cutover_wanted()) go_on(attempt.migration().cutover_requested());
  go_on(attempt.migration().cutover_started(iteration()));
  frozen_at_ = attempt.clock().now();
  go_on(attempt.migration().downtime_started());
  if (const auto frozen = mirror_.freeze(); !frozen) return frozen.error();
  const auto copied = copy(attempt, disks);
  if (!copied) return copied.error();
  bytes_final_ = *copied;
  if (const auto closed = mirror_.close(); !closed) return closed.error();
  attempt.observer().note(fmt::format("cutover: {} bytes copied after the source stood still", *copied));
  for (Disk& disk : disks)
    if (auto weighed = attempt.weigh(disk); !weighed) return weighed.error();
  return producer::StageResult{.duration = {}, .bytes_done = *copied, .checksum = std::nullopt, .files = {}};
}

void WarmEngine::delivered(Attempt& attempt) {
  producer::CutoverResult result;
  result.iteration = iteration();
  result.bytes_final = bytes_final_;
  result.downtime = attempt.clock().now() - frozen_at_;
  go_on(attempt.migration().downtime_ended(result.downtime));
  go_on(attempt.migration().cutover_completed(result));
}

}  // namespace godwit::worker
