// Starting a process with pipes; private to subprocess.cpp. Descriptors are closed by their owner's
// destructor.
#pragma once

#include <sys/types.h>

#include <array>

#include "common/base/result.h"
#include "producers/worker/runner.h"

namespace godwit::worker {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close();

 private:
  int release();
  int fd_ = -1;
};

struct Pipe {
  Descriptor read_end, write_end;
};
Result<Pipe> make_pipe();  // close-on-exec; its read end does not block

// A running tool, not yet reaped, and our ends of its pipes. `outputs` is indexed by Channel; the extra one
// is closed when the command has none.
struct Spawned {
  pid_t pid = -1;
  Descriptor pidfd;
  std::array<Descriptor, 3> outputs;
};

Result<Spawned> spawn(const Command& command);

}  // namespace godwit::worker
