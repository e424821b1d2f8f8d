// Rules: what value a member may have, as data. One rule per definition of schemas/common/fields.json, which
// a test compares them with; nested shapes are rules of rules. Private to common/event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/event/codec.h"
#include "common/event/forms.h"
#include "common/json/rapidjson.h"

namespace godwit::event {

enum class Kind : std::uint8_t { text, integer, number, flag, object, map, list };

struct Rule;

// One member of an object: a null counts as absent.
struct Member {
  std::string_view name;
  const Rule* rule;
  bool required = false;
};

struct Rule {
  Kind kind;
  double low =
      0;  // numbers: smallest and largest; texts: shortest and longest, in characters; lists: entries
  double high = 0;
  Form form = Form::any;
  std::span<const Member> members{};  // of an object; any other member may have any value
  const Rule* each = nullptr;         // of a map or list: what each value must be; nullptr: anything
  bool each_may_be_null = false;
};

namespace rules {
extern const Rule key, date_time, stage, provider, text, named, vm_name, long_text, path, path_given, message,
    ordinal, count, whole, signed_whole, quantity, measure, percentage, http_status, flag, labels, metadata,
    stages, disks, checks, files, checksum, source, target, changes, error;
}

using Refused = std::optional<Refusal>;

// Why `value`, which is not null, breaks the rule; the pointer is relative to it.
Refused check(const rapidjson::Value& value, const Rule& rule);
// The same for a text alone.
Refused check_text(std::string_view text, const Rule& rule);

// Puts the pointer of a refusal below the member or element of that name.
Refused under(std::string_view name, Refused refusal);
// "/name", escaped as RFC 6901 says, safe to log, and cut when it is long.
std::string pointer_to(std::string_view name);

}  // namespace godwit::event
