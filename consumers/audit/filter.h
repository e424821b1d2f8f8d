// Filter: which entries a question asks for. A value; the HTTP parameters of these names are told in
// README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace godwit::audit {

struct Filter {
  std::optional<std::string> task_id, vm_name, provider, user, stage, plan_id, ip_address;
  std::vector<std::string> event_types;  // any of them; empty: all
  std::optional<bool> success;
  std::optional<std::int64_t> start_ms, end_ms;  // both included
  std::vector<std::string> words;  // of free text, in lower case: all of them occur (free_text.h)
};

}  // namespace godwit::audit
