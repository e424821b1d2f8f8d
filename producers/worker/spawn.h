// Starting a process with pipes; private to subprocess.cpp.
#pragma once

#include <sys/types.h>

#include <array>

#include "common/base/descriptor.h"
#include "common/base/result.h"
#include "producers/worker/runner.h"

namespace godwit::worker {

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
