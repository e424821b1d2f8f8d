// Free text: words that all occur somewhere in a record or in what the API says of it. Letters of ASCII are
// the same in either case. Pure, but for the buffer it keeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumers/audit/row.h"

namespace godwit::audit {

struct FreeTextLimits {
  std::size_t bytes_max = 256;
  std::size_t words_max = 8;
};

// The words of `text`, split at blanks, in lower case. nullopt: none, too many, or too long a text.
std::optional<std::vector<std::string>> words_of(std::string_view text, const FreeTextLimits& limits = {});

// Looks for words in one record after the other. Not safe from several threads.
class WordSearch {
 public:
  explicit WordSearch(const std::vector<std::string>& words) : words_(words) {}

  // Takes away the words that occur in `text`. start() begins with all of them.
  void start();
  void look_in(std::string_view text);
  bool found_all() const { return missing_.empty(); }

 private:
  const std::vector<std::string>& words_;
  std::vector<std::string_view> missing_;
  std::string lowered_;
};

}  // namespace godwit::audit
