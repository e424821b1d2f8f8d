// Event codec: JSON bytes to Event and back, in the JSON format of CloudEvents 1.0 (structured mode) or as
// attributes beside the data (binary mode). Decoding checks everything schemas/ demands, so that no later
// code meets a half-valid event. An unknown `type` is no error: its envelope is checked, its data is kept as
// far as it can be read. Of two members with one name the last one counts. Extensions that are booleans or
// integers become their text, as in binary mode.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/event/event.h"

namespace godwit::event {

// Why bytes are no event. `kind` is one word for counting: not_json, not_object, invalid_utf8, too_large,
// missing, type, range, pattern, const, mismatch. `pointer` is the RFC 6901 JSON pointer of the offending
// member, empty for the whole document; control characters in it are replaced, so that it can be logged.
struct Refusal {
  std::string kind;
  std::string pointer;
  std::string detail;

  std::string message() const { return pointer.empty() ? detail : pointer + ": " + detail; }
  bool operator==(const Refusal&) const = default;
};

using Decoded = Result<Event, Refusal>;

// A CloudEvents attribute in binary mode, without its transport's prefix.
struct Attribute {
  std::string_view name;
  std::string_view value;
};

struct CodecLimits {
  std::size_t event_bytes_max = 1'000'000;  // one encoded event; Kafka's own default limit is 1 MiB
  int nesting_max = 32;                     // of any value inside data
};

Decoded decode_structured(std::string_view json, const CodecLimits& limits = {});
Decoded decode_binary(const std::vector<Attribute>& attributes, std::string_view data_json,
                      const CodecLimits& limits = {});

// The whole event as one JSON object (structured mode).
std::string encode_structured(const Event& event);

// Only the data, and the attributes by their CloudEvents names, `type`, `id`, ... (binary mode).
std::string encode_data(const Data& data);
std::vector<std::pair<std::string, std::string>> encode_attributes(const Event& event);

// The catalogue's rules that span members: what a type requires, subject against task_id. nullopt when they
// hold. Decoding applies this; producers call it before they send.
std::optional<Refusal> validate(const Event& event);

}  // namespace godwit::event
