#include "producers/cpp/spool/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace godwit::producer {

MappedFile::~MappedFile() { (void)close(); }

// Zeros are written instead of posix_fallocate(): that reserves the same room, and gives the kernel pages in
// large pieces. Pages it has to find one by one, when they are first touched, cost four times as much.
int MappedFile::reserve(std::size_t size) {
  static constexpr std::array<char, reserve_bytes> zeros{};
  while (reserved_ < size) {
    const std::size_t wanted = reserve_bytes - reserved_ % reserve_bytes;
    const ssize_t written = pwrite(file_.get(), zeros.data(), wanted, static_cast<off_t>(reserved_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    reserved_ += static_cast<std::size_t>(written);
  }
  return 0;
}

int MappedFile::open_window() {
  const std::size_t at = size_ - size_ % window_bytes;
  if (window_ != nullptr && window_at_ == at) return 0;
  close_window();
  void* const memory =
      mmap(nullptr, window_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), static_cast<off_t>(at));
  if (memory == MAP_FAILED) return errno;
  window_ = static_cast<char*>(memory);
  window_at_ = at;
  return 0;
}

void MappedFile::close_window() {
  if (window_ != nullptr) munmap(window_, window_bytes);
  window_ = nullptr;
}

int MappedFile::append(std::string_view bytes) {
  const std::lock_guard lock{mutex_};
  if (const int failed = reserve(size_ + bytes.size()); failed != 0) return failed;
  const std::size_t before = size_;
  while (!bytes.empty()) {
    if (const int failed = open_window(); failed != 0) {
      size_ = before;  // the part that was copied is written over next, or cut off
      return failed;
    }
    const std::size_t within = size_ - window_at_;
    const std::string_view part = bytes.substr(0, window_bytes - within);
    std::memcpy(window_ + within, part.data(), part.size());
    size_ += part.size();
    bytes.remove_prefix(part.size());
  }
  return 0;
}

int MappedFile::truncate(std::size_t size) {
  const std::lock_guard lock{mutex_};
  close_window();
  if (ftruncate(file_.get(), static_cast<off_t>(size)) != 0) return errno;
  size_ = reserved_ = size;
  return 0;
}

int MappedFile::read(std::size_t offset, std::size_t size_max, std::string& out) const {
  std::size_t size = 0;
  {
    const std::lock_guard lock{mutex_};
    size = size_;
  }
  out.assign(offset < size ? std::min(size - offset, size_max) : 0, '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got =
        pread(file_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return 0;
}

int MappedFile::sync() { return fdatasync(file_.get()) == 0 ? 0 : errno; }

int MappedFile::close() {
  const std::lock_guard lock{mutex_};
  close_window();
  if (reserved_ <= size_) return 0;
  if (ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return errno;
  reserved_ = size_;
  return 0;
}

}  // namespace godwit::producer
