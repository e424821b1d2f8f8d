// MemoryLog: the in-memory Source and Publisher. A log of topics and partitions that tests fill, replay, cork
// and break. Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/stream/publisher.h"
#include "common/stream/source.h"

namespace godwit::stream {

// One stored record, owning its bytes.
struct StoredRecord {
  OutRecord record;
  Offset offset;
  Timestamp timestamp;
};

// As a source gives it; views `stored`.
Record view_of(const StoredRecord& stored, Partition partition);

class MemoryLog final : public Publisher {
 public:
  explicit MemoryLog(std::int32_t partitions) : partitions_(partitions) {}

  // Appends to the partition the key belongs to under this log's own stable hash, or to the one given.
  Placed append(OutRecord record, std::optional<Partition> partition = std::nullopt,
                Timestamp timestamp = {});
  // Leaves a hole of `count` offsets, as transaction markers and compaction do.
  void skip_offsets(const TopicPartition& at, std::int64_t count);

  Status publish(OutRecord record, Acknowledge acknowledge) override;
  Status flush(Millis) override { return Done{}; }

  std::int32_t partitions() const { return partitions_; }
  const std::vector<StoredRecord>& records(const TopicPartition& at) const;
  Offset end(const TopicPartition& at) const;

 private:
  std::int32_t partitions_;
  std::map<TopicPartition, std::vector<StoredRecord>> log_;
  std::map<TopicPartition, std::int64_t> next_;
};

// Reads a MemoryLog. Partitions are assigned and revoked when told; one poll can be made short or fail.
class MemorySource final : public ManualSource {
 public:
  MemorySource(const MemoryLog& log, AssignmentListener& listener) : log_(log), listener_(listener) {}

  // Partitions come inside the next poll, as with a broker; they go at once.
  void assign(const std::vector<TopicPartition>& partitions) override;
  void revoke(const std::vector<TopicPartition>& partitions) override;
  void fail_next(Error error) { failure_ = std::move(error); }
  // Reads `at` again from `next`, as a broker may after a rebalance.
  void rewind(const TopicPartition& at, Offset next) { positions_[at] = next; }

  Result<Batch> poll(const PollLimits& limits) override;
  void report(const std::vector<Position>& positions) override { reported_ = positions; }
  std::vector<Watermark> watermarks() const override;
  void pause(const std::vector<TopicPartition>& partitions) override;
  Status resume(const std::vector<Position>& positions) override;
  std::string cluster_id() override { return "memory"; }
  std::map<std::string, std::int32_t> partition_counts() const override;
  void close() override;

  const std::vector<Position>& reported() const { return reported_; }

 private:
  const MemoryLog& log_;
  AssignmentListener& listener_;
  std::vector<TopicPartition> coming_;
  std::map<TopicPartition, Offset> positions_;
  std::set<TopicPartition> paused_;
  std::optional<Error> failure_;
  std::vector<Position> reported_;
};

}  // namespace godwit::stream
