// Source: the port through which the runner reads the log, and learns which partitions are its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/stream/record.h"

namespace godwit::stream {

struct PollLimits {
  std::size_t records_max = 20'000;
  std::size_t bytes_max = 16 * 1024 * 1024;  // of values; one record more may be read than fits
  Millis wait_max{50};  // for the first record; whatever else is at hand comes without waiting
};

// The partition numbers a source was given, with the topics folded together. Called on the polling thread,
// inside poll().
class AssignmentListener {
 public:
  virtual ~AssignmentListener() = default;
  // Opens what is needed to fold these partitions and says where to read on: at the last folded record, which
  // is compared, or at the oldest where nothing was folded yet. When that record alone is gone from the log,
  // reading goes on with the one after it. A partition left out of the answer is not read.
  virtual std::vector<Position> assigned(const std::vector<TopicPartition>& partitions) = 0;
  // Everything read is already folded and committed when this is called; afterwards another member may own
  // them.
  virtual void revoked(const std::vector<TopicPartition>& partitions) = 0;
  // So many records of an expiring topic, or offsets that are holes, were gone before they could be read.
  // Called on any thread.
  virtual void expired(const TopicPartition&, std::uint64_t /*records*/) {}
};

// The end of a partition, as last seen by the reader.
struct Watermark {
  TopicPartition at;
  Offset high;          // records below it exist or have existed
  bool at_end = false;  // everything up to `high` has been handed out (offsets have holes: comparing
                        // positions does not tell)
};

// Not thread-safe: one thread polls, and calls everything else. Errors of poll: `transient` while the broker
// is away (it reconnects by itself); `fatal` when reading on would break the promise, for example a position
// that has fallen off the log.
class Source {
 public:
  virtual ~Source() = default;
  virtual Result<Batch> poll(const PollLimits& limits) = 0;
  // Tells lag tools how far the store is. Advisory: nothing ever reads it back.
  virtual void report(const std::vector<Position>& positions) = 0;
  // The ends of the assigned partitions, from memory; a partition not yet heard of is left out.
  virtual std::vector<Watermark> watermarks() const = 0;
  // Stops handing out records of these partitions until resume().
  virtual void pause(const std::vector<TopicPartition>& partitions) = 0;
  // Reads on from these positions. Fails `transient` when the seek did not take; call again.
  virtual Status resume(const std::vector<Position>& positions) = 0;
  // Names the log for good: positions in one cluster mean nothing in another. Empty while unknown.
  virtual std::string cluster_id() = 0;
  // How many partitions each topic read has, as heard at the last assignment; empty before.
  virtual std::map<std::string, std::int32_t> partition_counts() const = 0;
  // Gives the partitions up (revoked() is called) and leaves. No poll() afterwards.
  virtual void close() = 0;
};

// A source whose partitions are given to it by its user, not by a group. The listener hears of new ones
// inside the next poll(), of revoked ones at once.
class ManualSource : public Source {
 public:
  virtual void assign(const std::vector<TopicPartition>& partitions) = 0;
  virtual void revoke(const std::vector<TopicPartition>& partitions) = 0;
};

}  // namespace godwit::stream
