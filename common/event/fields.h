// The one table of data members: name, where it lives in Data, and what values it may have. Decoding,
// encoding and the check for required members all read it. Private to common/event.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "common/event/codec.h"
#include "common/event/data.h"
#include "common/json/rapidjson.h"
#include "common/json/writer.h"

namespace godwit::event {

// A JSON object or array without a field of its own; checked for its kind and kept in Data::other.
enum class Composite { object, array };

using Slot = std::variant<Data::Text Data::*, Data::Integer Data::*, Data::Number Data::*, Data::Flag Data::*,
                          std::optional<Failure> Data::*, std::vector<StagePlan> Data::*,
                          std::vector<DiskInfo> Data::*, Composite>;

enum class Shape { any, token, provider, stage, task_id };  // what a text must look like

struct Field {
  std::string_view name;
  Slot slot;
  double low = 0;  // numbers: smallest and largest value; texts: shortest and longest, in bytes
  double high = 0;
  Shape shape = Shape::any;
};

std::span<const Field> fields();  // sorted by name
const Field* find_field(std::string_view name);
bool is_present(const Data& data, const Field& field);

// Reads one member into `data`. A null counts as absent.
std::optional<Refusal> read_member(Data& data, const Field& field, const rapidjson::Value& value,
                                   const CodecLimits& limits);
// Keeps a member that has no field, as JSON text.
std::optional<Refusal> keep_member(Data& data, std::string_view name, const rapidjson::Value& value,
                                   const CodecLimits& limits);

void write_data(json::Writer& out, const Data& data);

// Shapes of texts, shared with the envelope.
bool matches(Shape shape, std::string_view text);
bool has_control_character(std::string_view text);
std::string_view describe(Shape shape);

}  // namespace godwit::event
