// Forms: what a text must look like, for attributes and for members of data alike. Private to common/event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace godwit::event {

enum class Form : std::uint8_t {
  any,
  line,            // no control characters (C0, DEL, C1)
  key,             // a record key that is also a path segment
  stage,           // a lower-case word that begins with a letter
  provider,        // a lower-case word that may begin with a digit
  attribute_name,  // of a CloudEvents extension
  uri_reference,   // a line without the characters RFC 3986 never allows
  date_time,       // RFC 3339
  sequence,        // 20 digits
  traceparent,     // W3C Trace Context, section 3.2
  json_type,       // a media type of JSON, parameters allowed
};

bool matches(Form form, std::string_view text);
std::string_view describe(Form form);  // completes "must be ..."

bool is_utf8(std::string_view text);
// Unicode code points of a valid UTF-8 text: what the schemas count.
std::size_t count_characters(std::string_view utf8);

}  // namespace godwit::event
