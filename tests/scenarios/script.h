// Script: a scenario file as lines, and the short form of an event as one CloudEvent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace godwit::scenario {

struct Line {
  int number = 0;                  // from 1
  std::vector<std::string> words;  // split at blanks outside quotes, braces and brackets
};

// Without blank lines and comments. `invalid` when the file cannot be read.
Result<std::vector<Line>> read_script(const std::string& path);
std::vector<std::string> split_words(std::string_view text);

// A word "name=value" at its first '='; nullopt without one.
std::optional<std::pair<std::string, std::string>> split_member(const std::string& word);

// "MM:SS type subject name=value ..." as a structured CloudEvent. A value that is JSON is taken as such, else
// as text; `id` and `source` are attributes; `error=code` and `stages=export:1,upload:3` are short for
// objects. Task events need not say vm_name, provider (vsphere) and attempt (1), nor events of plans their
// plan_id.
struct Told {
  std::string topic, key, json;
};
Result<Told> read_event(const Line& line);

}  // namespace godwit::scenario
