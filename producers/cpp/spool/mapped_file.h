// MappedFile: a file that is appended to through shared memory: what was appended survives the death of the
// process at once, as with write(), but costs no system call.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/descriptor.h"
#include "common/base/result.h"

namespace godwit::producer {

// Room is reserved on the disk before it is written to, so a full disk is an error and never a signal. Until
// close() the file is therefore longer than what was appended, and ends with zeros. Not to be used where
// others shorten the file, nor on a network file system.
//
// Safe from every thread. Errors are errno, 0 for none.
class MappedFile {
 public:
  // `file` is open for reading and writing, and what it holds is kept.
  MappedFile(Descriptor file, std::size_t size) : file_(std::move(file)), size_(size), reserved_(size) {}
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // All or nothing.
  int append(std::string_view bytes);
  int truncate(std::size_t size);
  // At most `size_max` bytes from `offset` on, of those that were appended.
  int read(std::size_t offset, std::size_t size_max, std::string& out) const;
  int sync();
  // Nothing is appended any more: gives memory and room back.
  int close();

 private:
  static constexpr std::size_t window_bytes = 1 << 20;     // mapped at a time
  static constexpr std::size_t reserve_bytes = 128 << 10;  // of zeros, written ahead
  int reserve(std::size_t size);
  int open_window();
  void close_window();

  mutable std::mutex mutex_;  // of all but the descriptor
  const Descriptor file_;
  std::size_t size_;           // what was appended
  std::size_t reserved_;       // the file's length
  char* window_ = nullptr;     // null: none
  std::size_t window_at_ = 0;  // its offset in the file
};

}  // namespace godwit::producer
