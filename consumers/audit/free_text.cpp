#include "consumers/audit/free_text.h"

#include <algorithm>

namespace godwit::audit {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::optional<std::vector<std::string>> words_of(std::string_view text, const FreeTextLimits& limits) {
  if (text.size() > limits.bytes_max) return std::nullopt;
  std::vector<std::string> out;
  constexpr std::string_view blanks = " \t\r\n\f\v";
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) break;
    std::string word{text.substr(0, text.find_first_of(blanks))};
    text.remove_prefix(word.size());
    std::transform(word.begin(), word.end(), word.begin(), lower);
    out.push_back(std::move(word));
  }
  return out.empty() || out.size() > limits.words_max ? std::nullopt : std::optional{std::move(out)};
}

void WordSearch::start() { missing_.assign(words_.begin(), words_.end()); }

void WordSearch::look_in(std::string_view text) {
  if (missing_.empty()) return;
  lowered_.resize(text.size());
  std::transform(text.begin(), text.end(), lowered_.begin(), lower);
  std::erase_if(missing_, [&](std::string_view word) { return lowered_.find(word) != std::string::npos; });
}

}  // namespace godwit::audit
