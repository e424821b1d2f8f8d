// Journal: the records one process owes to the log, in order, on disk. Segment files of frames (frame.h),
// written one after the other and removed whole when all their records are settled.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "producers/cpp/spool/directory.h"
#include "producers/cpp/spool/frame.h"

namespace godwit::producer {

struct JournalOptions {
  std::size_t segment_bytes = 4 * 1024 * 1024;  // a new file is begun when one has grown beyond
};

// Where a record lies.
struct Spot {
  std::uint64_t number = 0;
  std::uint32_t segment = 0;
  std::uint32_t size = 0;
  std::uint64_t offset = 0;
};

// Used by one thread at a time, but for sync(), which may run beside the others.
class Journal {
 public:
  Journal(std::unique_ptr<Directory> directory, JournalOptions options);

  // Reads what an earlier process left behind: the records it still owed, in order. Torn tails are cut off,
  // which is said in the log. Call it once, before anything else, or not at all for an empty directory.
  Result<std::vector<Spot>> recover();

  // Writes the record at the end. On an error nothing of it is left that would be read again.
  Result<Spot> append(const stream::OutRecord& record);
  // Makes everything appended before the call durable.
  Status sync();
  // `transient` when the file cannot be read now, `fatal` when the record is damaged.
  Result<stream::OutRecord> read(const Spot& spot);

  // The record is acknowledged, or can never be: it is owed no more.
  void settle(const Spot& spot);
  // Writes down how far records are settled, so that a next process does not send them again. Not durable by
  // itself: losing it costs only duplicates.
  void note_floor();

  // Nothing more is written to the file in use: after a failed sync its end may not be on the disk, and what
  // follows would be unreadable.
  void close_segment() {
    if (active_ != 0) segments_[active_].closed = true;
  }

  std::size_t bytes() const { return bytes_; }
  bool owes_nothing() const { return open_.empty(); }
  // Removes the files. Only when owes_nothing().
  void clear();

 private:
  struct Segment {
    std::string name = {};
    std::size_t bytes = 0;
    std::size_t unsettled = 0;
    bool closed = false;   // no more is written to it
    bool damaged = false;  // kept aside instead of removed
  };

  static std::string name_of(std::uint32_t segment);
  Status begin_segment();
  Status write(const std::string& frame);
  void drop_if_settled(std::uint32_t segment);
  Status recover_segment(std::uint32_t segment, bool last, std::vector<Spot>& out);

  std::unique_ptr<Directory> directory_;
  JournalOptions options_;
  std::map<std::uint32_t, Segment> segments_;
  std::atomic<std::uint32_t> active_ = 0;  // 0: none yet
  std::uint64_t next_number_ = 1;
  std::deque<bool> open_;  // records from floor_ on: not settled yet; begins with one that is not
  std::uint64_t floor_ = 1;
  std::uint64_t noted_floor_ = 1;
  std::size_t bytes_ = 0;
};

}  // namespace godwit::producer
