// Runner: the port through which the worker runs a tool. Subprocess (subprocess.h) is the real one; tests
// script theirs.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace godwit::worker {

// One tool and how it is called. No shell is involved.
struct Command {
  // The descriptor under which a tool finds the extra pipe, when it has one.
  static constexpr int extra_descriptor = 9;

  std::string program;  // looked up in PATH
  std::vector<std::string> arguments;
  bool has_extra_pipe = false;
};

enum class Channel { standard_output, standard_error, extra };

// Called on the thread that runs the tool, with bytes as they come, in order per channel.
using OutputSink = std::function<void(Channel, std::string_view bytes)>;

// How a tool ended: one of the two is there.
struct Exit {
  std::optional<int> code;
  std::optional<int> signal;

  bool succeeded() const { return code == 0; }
  bool operator==(const Exit&) const = default;
};

// Not thread-safe. run() blocks until the tool has ended and its output is read to the end. When `stop` is
// requested the tool, and all it started, is ended within a bound; the Exit then tells how. Errors are about
// starting: `invalid` when the program is not there, `transient` when the system has no room for a process.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual Result<Exit> run(const Command& command, const OutputSink& sink, std::stop_token stop) = 0;
};

}  // namespace godwit::worker
