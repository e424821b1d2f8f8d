// FileLock: keeps a second process off a file. Advisory, held for the life of the object; the kernel drops it
// when the process dies, however it dies.
#pragma once

#include <string>

#include "common/base/descriptor.h"

namespace godwit {

class FileLock {
 public:
  // Creates `path` if need be. held() tells whether nobody else has it.
  explicit FileLock(const std::string& path);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  bool held() const { return held_; }
  // Why the file could not even be opened; 0 when it could.
  int errno_on_open() const { return errno_; }

 private:
  Descriptor file_;
  int errno_ = 0;
  bool held_ = false;
};

}  // namespace godwit
