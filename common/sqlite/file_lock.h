// FileLock: keeps a second process off a file. Advisory, held for the life of the object; the kernel drops it
// when the process dies, however it dies.
#pragma once

#include <string>

namespace godwit::sqlite {

class FileLock {
 public:
  // Creates `path` if need be. held() tells whether nobody else has it.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  bool held() const { return held_; }

 private:
  int fd_;
  bool held_ = false;
};

}  // namespace godwit::sqlite
