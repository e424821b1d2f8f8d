// Journal: what has become of a plan's tasks, in a small file beside its work, so that a plan that was
// interrupted goes on where it stood.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/descriptor.h"
#include "common/base/file_lock.h"
#include "common/base/result.h"

namespace godwit::worker {

struct TaskRecord {
  std::int64_t attempts = 0;  // begun, in all runs
  bool is_completed = false;
};
using TaskRecords = std::map<std::string, TaskRecord>;

enum class JournalWord { started, completed, failed, cancelled };

// One line, "started web-1 2\n", and what all of them say. Pure. A last line without its end was being
// written when the process died, and counts for nothing.
std::string journal_line(JournalWord word, std::string_view task_id, std::int64_t attempt);
// `invalid`, with the line, for what it has not written.
Result<TaskRecords> fold_journal(std::string_view text);

// Not thread-safe. Held by one process at a time.
class Journal {
 public:
  // `invalid` when another process has it or it is none.
  static Result<std::unique_ptr<Journal>> open(const std::string& path);

  // What it said when it was opened.
  const TaskRecords& records() const { return records_; }
  // On the disk when it returns.
  Status add(JournalWord word, std::string_view task_id, std::int64_t attempt);

 private:
  explicit Journal(const std::string& lock_path) : lock_(lock_path) {}

  FileLock lock_;
  Descriptor file_;
  TaskRecords records_;
};

}  // namespace godwit::worker
