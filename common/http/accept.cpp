#include "common/http/accept.h"

#include <charconv>
#include <optional>

#include "common/http/encoding.h"

namespace godwit::http {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// Up to `separator`, which is taken off `text` with it; one within quotes does not count.
std::string_view take_until(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (quoted || text[at] != separator); ++at)
    if (text[at] == '"') quoted = !quoted;
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(at < text.size() ? at + 1 : at);
  return trimmed(out);
}

std::optional<double> weight(std::string_view text) {
  double out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole && out >= 0 && out <= 1 ? std::optional{out} : std::nullopt;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::string_view Accepted::parameter(std::string_view name) const {
  for (const auto& [known, told] : parameters)
    if (known == name) return told;
  return {};
}

std::vector<Accepted> parse_accept(std::string_view header) {
  std::vector<Accepted> out;
  for (std::size_t i = 0; i < accepted_max && !header.empty(); ++i) {
    std::string_view element = take_until(header, ',');
    Accepted read{.value = lower_case(take_until(element, ';')), .parameters = {}};
    bool usable = !read.value.empty();
    while (!element.empty()) {
      std::string_view value = take_until(element, ';');
      const std::string name = lower_case(take_until(value, '='));
      if (name == "q") {
        const auto quality = weight(value);
        usable = usable && quality;
        read.quality = quality.value_or(0);
      } else if (!name.empty()) {
        read.parameters.emplace_back(name, unquoted(value));
      }
    }
    if (usable) out.push_back(std::move(read));
  }
  return out;
}

bool accepts_coding(std::string_view header, std::string_view coding) {
  std::optional<double> named, any;
  for (const Accepted& accepted : parse_accept(header)) {
    if (accepted.value == coding) named = accepted.quality;
    if (accepted.value == "*") any = accepted.quality;
  }
  return named.value_or(any.value_or(0)) > 0;
}

}  // namespace godwit::http
