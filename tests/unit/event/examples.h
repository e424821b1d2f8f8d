// The examples and schemas of schemas/, read from the source tree, and events compared as the guide says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json/rapidjson.h"

namespace godwit::event::testing {

struct Example {
  std::string name;  // folder and file, as in "task.started/minimal.json"
  std::string bytes;
};

std::string read_file(const std::string& path_below_schemas);
rapidjson::Document parse(std::string_view json);
rapidjson::Document parse_file(const std::string& path_below_schemas);
std::string text_of(const rapidjson::Value& value);

// All of schemas/examples/<kind>/, in order of their names.
std::vector<Example> examples(const std::string& kind);

// What two texts of one event have in common: nulls are absent, times are instants, extensions are texts, and
// the content type, which is always JSON, is left out.
rapidjson::Document normalised(std::string_view event_json);

}  // namespace godwit::event::testing
