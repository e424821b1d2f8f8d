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

// Why a request, or one event of a batch, is not taken, as the answer will say it.
struct Refused {
  int status = 400;
  std::string kind;     // one word, for counting
  std::string pointer;  // into the event, empty for the whole
  std::string message;
  std::optional<std::size_t> index = {};  // of the event in its batch
};

// What a request holds. `refused` is empty unless it is a batch; each of it has an index.
struct Reading {
  std::vector<event::Event> events = {};  // to publish, in their order
  std::vector<std::size_t> places = {};   // the index of each of `events` in the request
  std::vector<Refused> refused = {};
  bool is_batch = false;
};

// The events, or the reason why the request is refused as a whole. A bad event of a batch is refused alone,
// unless it is not even JSON: then the body is no JSON either, and where its events begin and end is a guess.
// An event of a type outside the catalogue is refused, for it has no topic.
Result<Reading, Refused> read_events(const http::Request& request, const ReadLimits& limits);

}  // namespace godwit::gateway
