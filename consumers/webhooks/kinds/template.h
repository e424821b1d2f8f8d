// Templates: Mustache (https://mustache.github.io/mustache.5.html) over the facts of a notice: {{name}},
// {{#name}}..{{/name}} when there is such a fact, {{^name}}..{{/name}} when there is none, {{! comment}}. No
// partials, no other delimiters, no code. A template makes text, not markup: what it gives is escaped
// and cut by the kind as every other text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "consumers/webhooks/kinds/notice.h"

namespace godwit::webhooks::kinds {

struct TemplateLimits {
  std::size_t template_bytes_max = 4096;
  std::size_t nesting_max = 16;
  std::size_t output_bytes_max = 16 * 1024;  // the rest is dropped
};

// The names a template may use.
std::span<const std::string_view> template_names();

// The error is the rest of a sentence, "line 2: ...".
Status check_template(std::string_view text, const TemplateLimits& limits = {});

// Of a text that check_template() accepts; of another, nothing.
std::string render_template(std::string_view text, const Notice& notice, const TemplateLimits& limits = {});

}  // namespace godwit::webhooks::kinds
