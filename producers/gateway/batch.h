// The elements of a JSON array as text, each still to be parsed: so that a batch is decoded event by event,
// by the one codec.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace godwit::gateway {

// What stands between the top-level commas of `json`, without white space around it; views into it. nullopt
// when it is no array. An element may still be no JSON, but where every element is, the whole was a valid
// array. Stops after `elements_max + 1` elements, so that the caller sees that there are too many.
std::optional<std::vector<std::string_view>> split_array(std::string_view json, std::size_t elements_max);

}  // namespace godwit::gateway
