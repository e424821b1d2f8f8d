// The one table of data members: name, what values it may have, and where it lives in Data. Decoding,
// encoding and the check for required members all read it. Private to common/event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "common/event/codec.h"
#include "common/event/data.h"
#include "common/event/rules.h"
#include "common/json/rapidjson.h"
#include "common/json/writer.h"

namespace godwit::event {

// A member without a place of its own: checked by its rule and kept as JSON text in Data::other.
struct Kept {};

using Slot = std::variant<Data::Text Data::*, Data::Integer Data::*, Data::Number Data::*, Data::Flag Data::*,
                          std::optional<Failure> Data::*, std::vector<StagePlan> Data::*,
                          std::vector<DiskInfo> Data::*, Kept>;

struct Field {
  std::string_view name;
  const Rule* rule;
  Slot slot = Kept{};
};

std::span<const Field> fields();  // sorted by name
const Field* find_field(std::string_view name);
bool is_present(const Data& data, const Field& field);

// Reads the members of `object` into `data`. A null counts as absent. What breaks a rule is refused, unless
// `lenient`, for types this build does not know, which may use our names in their own way: then it is kept as
// it came. The pointer is relative to `object`.
Refused read_data(Data& data, const rapidjson::Value& object, const CodecLimits& limits, bool lenient);
void write_data(json::Writer& out, const Data& data);

}  // namespace godwit::event
