// Event: one CloudEvent 1.0 of the godwit catalogue, decoded. A value: it moves, compares and owns its
// strings. Format and limits: schemas/README.md; https://github.com/cloudevents/spec (v1.0.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/event/catalogue.h"
#include "common/event/data.h"

namespace godwit::event {

struct Event {
  std::string id;       // unique per source
  std::string source;   // names the worker (URI reference)
  std::string subject;  // the record key: task_id on lifecycle and progress
  Type type = Type::unknown;
  std::string type_name;                   // as it came, also when unknown
  Timestamp time;                          // when it happened, as the producer says
  std::optional<std::string> sequence;     // 20 digits, increases per source
  std::optional<std::string> traceparent;  // W3C trace context
  std::optional<std::string> dataschema;
  std::vector<std::pair<std::string, std::string>> extensions;  // all other extension attributes, in order
  Data data;

  bool operator==(const Event&) const = default;
};

// A 64-bit FNV-1a hash of (source, id): what "the same event" means to a projection.
std::uint64_t identity_hash(const Event& event);
// The same of its two parts.
std::uint64_t identity_hash(std::string_view source, std::string_view id);

}  // namespace godwit::event
