// Directory: the files of one spool, flat and by name. The port between its logic and the disk.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace godwit::producer {

// Safe from every thread. What append() wrote survives the death of the process at once, and a power cut
// after sync(). Errors name the file; `transient` when room or permission may come back.
class Directory {
 public:
  virtual ~Directory() = default;

  virtual Result<std::vector<std::string>> list() = 0;  // sorted
  virtual Result<std::string> read(const std::string& name, std::size_t offset, std::size_t size_max) = 0;
  // All or an error; after an error a part may have been written. Creates the file.
  virtual Status append(const std::string& name, std::string_view bytes) = 0;
  // Nothing more is appended to the file: what it holds beside its bytes is given back. Until then, and after
  // the death of a process, it may end with zeros that nobody wrote.
  virtual void close(const std::string& name) = 0;
  // The file's bytes and its name. Of a file that is not there: nothing to do.
  virtual Status sync(const std::string& name) = 0;
  virtual Status truncate(const std::string& name, std::size_t size) = 0;
  virtual Status remove(const std::string& name) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
};

}  // namespace godwit::producer
