// `godwit webhooks listen`: a receiver on this machine, for trying things out. It prints what comes, whether
// its signature is right, and whether its id has come before.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/base/clock.h"
#include "common/http/request.h"
#include "common/http/response.h"

namespace godwit::webhooks {

struct ListenOptions {
  std::string listen = "127.0.0.1:9000";
  std::string keys = {};              // whsec_ and whpk_, with spaces between; empty: nothing is verified
  std::int64_t status = 200;          // of the answers to what is right; 401 to what is not
  std::size_t ids_max = 10'000;       // remembered; then the memory begins anew
  std::size_t body_bytes_max = 4096;  // printed
};

// What one delivery says, as lines for a person, and the answer to it. Safe from every thread.
class Listener {
 public:
  explicit Listener(ListenOptions options) : options_(std::move(options)) {}

  struct Heard {
    std::string text;
    int status = 200;
  };
  Heard hear(const http::Request& request, Timestamp now);

 private:
  const ListenOptions options_;
  std::mutex mutex_;
  std::set<std::string> ids_;
};

// Runs it when the first argument is "listen"; the status to exit with.
std::optional<int> run_listen(int argc, char** argv);

}  // namespace godwit::webhooks
