// Reading members of a JSON object that we wrote ourselves: absent or differently typed members read as
// absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/json/rapidjson.h"

namespace godwit::json {

inline std::optional<std::int64_t> maybe_ms(const std::optional<Timestamp>& time) {
  return time ? std::optional{to_unix_ms(*time)} : std::nullopt;
}

// A view of `value`, which must outlive it; a value that is no object has no members.
class Object {
 public:
  explicit Object(const rapidjson::Value& value) : value_(value) {}

  const rapidjson::Value* find(const char* name) const {
    if (!value_.IsObject()) return nullptr;
    const auto member = value_.FindMember(name);
    return member == value_.MemberEnd() ? nullptr : &member->value;
  }
  std::optional<std::string> text(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->IsString()
               ? std::optional{std::string{value->GetString(), value->GetStringLength()}}
               : std::nullopt;
  }
  std::optional<std::int64_t> integer(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->IsInt64() ? std::optional{value->GetInt64()} : std::nullopt;
  }
  std::optional<double> number(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->IsNumber() ? std::optional{value->GetDouble()} : std::nullopt;
  }
  bool flag(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->IsBool() && value->GetBool();
  }
  std::optional<bool> maybe_flag(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->IsBool() ? std::optional{value->GetBool()} : std::nullopt;
  }
  std::optional<Timestamp> time_ms(const char* name) const {
    const auto ms = integer(name);
    return ms ? std::optional{from_unix_ms(*ms)} : std::nullopt;
  }
  template <class Visit>
  void each(const char* name, Visit visit) const {
    const auto* value = find(name);
    if (value == nullptr || !value->IsArray()) return;
    for (const auto& element : value->GetArray()) visit(element);
  }

 private:
  const rapidjson::Value& value_;
};

}  // namespace godwit::json
