#include "common/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace godwit {

FileLock::FileLock(const std::string& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)), errno_(file_.is_open() ? 0 : errno) {
  held_ = file_.is_open() && flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace godwit
