// The only file that includes RapidJSON, so that its options are the same everywhere (they change inline
// code).
#pragma once

#define RAPIDJSON_HAS_STDSTRING 1

// Headers of others first, so that the attribute below reaches RapidJSON alone.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>
#include <new>
#include <string>
#include <utility>

// RapidJSON 1.1.0 adds to a null pointer before it has memory, which is harmless and all that
// UndefinedBehaviorSanitizer has to say about it.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

namespace godwit::json {

// Iterative, so that no nesting exhausts the stack; strict UTF-8; doubles round-trip.
inline constexpr unsigned parse_flags = rapidjson::kParseIterativeFlag |
                                        rapidjson::kParseValidateEncodingFlag |
                                        rapidjson::kParseFullPrecisionFlag;

// Whether `value` nests at most `levels` deep. Recursing functions over a parsed value are safe only after
// this says yes.
inline bool nests_within(const rapidjson::Value& value, int levels) {
  if (!value.IsObject() && !value.IsArray()) return true;
  if (levels == 0) return false;
  if (value.IsArray()) {
    for (const auto& element : value.GetArray())
      if (!nests_within(element, levels - 1)) return false;
    return true;
  }
  for (const auto& member : value.GetObject())
    if (!nests_within(member.value, levels - 1)) return false;
  return true;
}

// A parsed value as text again.
inline std::string text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out{buffer};
  value.Accept(out);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace godwit::json
