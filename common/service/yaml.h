// YAML as a value: what a file says, with the line of each part, so that whoever reads it can say which line
// is wrong. The parser is hidden in yaml.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace godwit::service {

struct Yaml {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  int line = 0;  // from 1
  std::string scalar = {};
  std::vector<Yaml> items = {};                            // of a list
  std::vector<std::pair<std::string, Yaml>> members = {};  // of a map, in order; a name is there once

  const Yaml* find(std::string_view name) const;
};

struct YamlLimits {
  std::size_t bytes_max = 1024 * 1024;  // of the file
  std::size_t nodes_max = 100'000;      // after anchors are resolved, so that none multiplies without end
  int nesting_max = 16;
};

// `invalid`, with the line, for text that is no YAML, a map key that is no scalar or is there twice, or
// anything over the limits.
Result<Yaml> parse_yaml(const std::string& text, const YamlLimits& limits = {});
// The same of a file; `invalid` when it cannot be read. Messages begin with the path.
Result<Yaml> read_yaml_file(const std::string& path, const YamlLimits& limits = {});

// Replaces each ${NAME} by that environment variable, and $${ by a plain ${. `invalid` when a variable is not
// set.
Result<std::string> expand_environment(std::string_view text);

}  // namespace godwit::service
