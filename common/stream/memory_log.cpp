#include "common/stream/memory_log.h"

#include <algorithm>
#include <utility>

namespace godwit::stream {
namespace {

std::int32_t stable_partition(std::string_view key, std::int32_t count) {
  std::uint32_t hash = 2166136261U;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return static_cast<std::int32_t>(hash % static_cast<std::uint32_t>(count));
}

}  // namespace

Record view_of(const StoredRecord& stored, Partition partition) {
  Record out{.topic = stored.record.topic,
             .partition = partition,
             .offset = stored.offset,
             .timestamp = stored.timestamp,
             .key = {},
             .value = {},
             .headers = {}};
  if (stored.record.key) out.key = *stored.record.key;
  if (stored.record.value) out.value = *stored.record.value;
  for (const auto& [name, value] : stored.record.headers) out.headers.push_back({name, value});
  return out;
}

Placed MemoryLog::append(OutRecord record, std::optional<Partition> partition, Timestamp timestamp) {
  const Partition chosen =
      partition.value_or(Partition{stable_partition(record.key.value_or(""), partitions_)});
  const TopicPartition at{record.topic, chosen};
  const Offset offset{next_[at]++};
  log_[at].push_back({std::move(record), offset, timestamp});
  return {chosen, offset};
}

void MemoryLog::skip_offsets(const TopicPartition& at, std::int64_t count) { next_[at] += count; }

Status MemoryLog::publish(OutRecord record, Acknowledge acknowledge) {
  acknowledge(append(std::move(record)));
  return Done{};
}

const std::vector<StoredRecord>& MemoryLog::records(const TopicPartition& at) const {
  static const std::vector<StoredRecord> none;
  const auto found = log_.find(at);
  return found == log_.end() ? none : found->second;
}

Offset MemoryLog::end(const TopicPartition& at) const {
  const auto found = next_.find(at);
  return Offset{found == next_.end() ? 0 : found->second};
}

void MemorySource::assign(const std::vector<TopicPartition>& partitions) {
  coming_.insert(coming_.end(), partitions.begin(), partitions.end());
}

void MemorySource::revoke(const std::vector<TopicPartition>& partitions) {
  listener_.revoked(partitions);
  for (const TopicPartition& at : partitions) {
    positions_.erase(at);
    paused_.erase(at);
    std::erase(coming_, at);
  }
}

Result<Batch> MemorySource::poll(const PollLimits& limits) {
  if (!coming_.empty())
    for (const Position& position : listener_.assigned(std::exchange(coming_, {})))
      positions_[position.at] = position.next;
  if (failure_) {
    Error error = std::move(*failure_);
    failure_.reset();
    return error;
  }
  Batch batch;
  for (auto& [at, next] : positions_) {
    if (paused_.contains(at)) continue;
    const auto& records = log_.records(at);
    auto it =
        std::lower_bound(records.begin(), records.end(), next,
                         [](const StoredRecord& stored, Offset offset) { return stored.offset < offset; });
    for (; it != records.end() && batch.records.size() < limits.records_max; ++it) {
      batch.records.push_back(view_of(*it, at.partition));
      next = Offset{it->offset.value() + 1};
    }
  }
  return batch;
}

std::vector<Watermark> MemorySource::watermarks() const {
  std::vector<Watermark> out;
  for (const auto& [at, next] : positions_)
    out.push_back({at, log_.end(at), log_.records(at).empty() || next > log_.records(at).back().offset});
  return out;
}

void MemorySource::pause(const std::vector<TopicPartition>& partitions) {
  paused_.insert(partitions.begin(), partitions.end());
}

Status MemorySource::resume(const std::vector<Position>& positions) {
  for (const Position& position : positions) {
    positions_[position.at] = position.next;
    paused_.erase(position.at);
  }
  return Done{};
}

std::map<std::string, std::int32_t> MemorySource::partition_counts() const {
  std::map<std::string, std::int32_t> out;
  for (const auto& [at, next] : positions_) out[at.topic] = log_.partitions();
  return out;
}

void MemorySource::close() {
  std::vector<TopicPartition> all;
  for (const auto& [at, next] : positions_) all.push_back(at);
  revoke(all);
}

}  // namespace godwit::stream
