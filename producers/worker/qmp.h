// Qmp: a connection to a qemu-storage-daemon's monitor over its unix socket.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/descriptor.h"
#include "producers/worker/parse/qmp.h"

namespace godwit::worker {

struct QmpOptions {
  Millis connect_wait_max{10'000};  // for the socket to appear and the greeting
  Millis answer_wait_max{30'000};
  std::size_t line_bytes_max = 4 << 20;
  std::size_t events_max = 10'000;  // kept until asked for; the oldest go first
};

// Not thread-safe. Errors are `transient`: the daemon is gone, silent, or refuses, in its own words.
class Qmp {
 public:
  // Waits for a daemon that is starting, as long as `is_alive`.
  static Result<std::unique_ptr<Qmp>> connect(const std::string& path, const std::function<bool()>& is_alive,
                                              QmpOptions options = {});

  // The answer's value as JSON. `arguments` is a JSON object.
  Result<std::string> call(std::string_view command, std::string_view arguments = "{}");

  // The oldest event not taken yet; nullopt when none comes within `wait`.
  Result<std::optional<parse::QmpMessage>> next_event(Millis wait);

 private:
  Qmp(Descriptor socket, QmpOptions options) : socket_(std::move(socket)), options_(options) {}
  using Steady = std::chrono::steady_clock;
  // nullopt when nothing has come by `deadline`.
  Result<std::optional<parse::QmpMessage>> read_until(Steady::time_point deadline);
  Status fill(Steady::time_point deadline);

  Descriptor socket_;
  QmpOptions options_;
  std::string unread_;
  std::deque<parse::QmpMessage> events_;
};

}  // namespace godwit::worker
