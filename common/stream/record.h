// Record: one Kafka record as it lies in the log, and its place there. Values and views; no I/O.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/strong.h"

namespace godwit::stream {

using Partition = Strong<struct PartitionTag, std::int32_t>;
using Offset = Strong<struct OffsetTag, std::int64_t>;

// The oldest record there is, whatever its offset: where a store without a position begins.
inline constexpr Offset offset_beginning{-2};

struct TopicPartition {
  std::string topic;
  Partition partition;

  auto operator<=>(const TopicPartition&) const = default;
};

struct HeaderView {
  std::string_view name;
  std::optional<std::string_view> value;
};

// A record read from a log. It views memory owned by the Batch it came in and must not outlive it.
struct Record {
  std::string_view topic;
  Partition partition;
  Offset offset;
  Timestamp timestamp;  // the broker's or producer's, as the topic is configured
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<HeaderView> headers;

  // The value of the first header of that name, compared without case; nullopt when absent or null.
  std::optional<std::string_view> header(std::string_view name) const;
};

// A 64-bit hash (FNV-1a over words) of what makes a record itself: its time, key and value. Two logs that
// hold different records at the same offset are told apart by it.
std::uint64_t fingerprint(const Record& record);

// Records in log order per partition, and what keeps their bytes alive.
struct Batch {
  std::vector<Record> records;
  std::shared_ptr<const void> owner;

  bool empty() const { return records.empty(); }
};

// A record to be written. Owns its bytes. An absent value is a tombstone.
struct OutRecord {
  std::string topic;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

// The next offset to fold, per topic partition.
struct Position {
  TopicPartition at;
  Offset next;

  auto operator<=>(const Position&) const = default;
};

}  // namespace godwit::stream
