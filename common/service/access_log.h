// AccessLog: tells the log who called an API, as io.godwit.audit.api_access.v1 events. Best effort: a request
// never waits for it or fails with it, but what is lost is counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "common/http/request.h"
#include "common/stream/publisher.h"

namespace godwit::service {

// Who calls without a token.
inline constexpr std::string_view anonymous = "anonymous";

// One request that has been answered. Views live for the call.
struct Access {
  const http::Request& request;
  std::string_view caller = anonymous;  // or a token's name; never a token
  bool by_token = false;
  int status = 0;
  Timestamp began = {};
  Timestamp ended = {};
  std::optional<std::int64_t> rows = {};      // that the answer has told
  std::vector<event::OtherMember> more = {};  // members of the event's data beyond those of the catalogue
};

// The event of one access. Pure but for its fresh id.
event::Event to_event(const Access& access, const std::string& source);

struct AccessLogOptions {
  std::string source;        // of the events
  int pending_max = 10'000;  // events without an acknowledgement; one more is dropped
};

struct AccessLogStats {
  std::uint64_t stored = 0;   // acknowledged
  std::uint64_t dropped = 0;  // for want of room, or by drop()
  std::uint64_t failed = 0;   // Kafka did not take it
};

// Safe from every thread. The publisher outlives it; acknowledgements may come later.
class AccessLog {
 public:
  AccessLog(stream::Publisher& publisher, AccessLogOptions options)
      : publisher_(publisher), options_(std::move(options)) {}

  void record(const Access& access);
  // Counts an access that shall not be told.
  void drop() { counts_->dropped.fetch_add(1); }
  AccessLogStats stats() const;

 private:
  struct Counts {
    std::atomic<int> pending{0};
    std::atomic<std::uint64_t> stored{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint64_t> failed{0};
  };

  stream::Publisher& publisher_;
  const AccessLogOptions options_;
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();  // shared with acknowledgements
};

}  // namespace godwit::service
