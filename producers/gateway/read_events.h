// The HTTP protocol binding of CloudEvents 1.0: which events a request holds, in structured, binary and batch
// mode. Pure. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/event/codec.h"
#include "common/http/request.h"

namespace godwit::gateway {

struct ReadLimits {
  std::size_t batch_events_max = 1000;
  event::CodecLimits codec = {};
};

// Why a request holds no events to take, as the answer will say it.
struct Refused {
  int status = 400;
  std::string kind;     // one word, for counting
  std::string pointer;  // into the event, empty for the whole
  std::string message;
  std::optional<std::size_t> index = {};  // of the event in its batch
};

// All events, or the reason why not one is taken: a batch is valid as a whole. An event of a type outside the
// catalogue is refused, for it has no topic.
Result<std::vector<event::Event>, Refused> read_events(const http::Request& request,
                                                       const ReadLimits& limits);

}  // namespace godwit::gateway
