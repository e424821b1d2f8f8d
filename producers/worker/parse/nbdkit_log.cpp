#include "producers/worker/parse/nbdkit_log.h"

#include <algorithm>

#include "producers/worker/parse/number.h"

namespace godwit::worker::parse {
namespace {

std::string_view take_word(std::string_view& text) {
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(start);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

std::optional<std::int64_t> hexadecimal(std::string_view text) {
  if (!take_prefix(text, "0x")) return std::nullopt;
  return number<std::int64_t>(text, 16);
}

// The value of ` name=` in "offset=0x0 count=0x200000 ...".
std::optional<std::string_view> field(std::string_view fields, std::string_view name) {
  while (!fields.empty()) {
    std::string_view word = take_word(fields);
    if (take_prefix(word, name) && take_prefix(word, "=")) return word;
  }
  return std::nullopt;
}

// `extents=(0x0 0x800000 "" 0x800000 0x1600000 "hole,zero") return=0`: the bytes of holes in [from, to).
std::int64_t hole_bytes(std::string_view fields, std::int64_t from, std::int64_t to) {
  const std::size_t open = fields.find("extents=(");
  const std::size_t close = fields.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return 0;
  std::string_view list = fields.substr(open + 9, close - open - 9);
  std::int64_t sum = 0;
  while (!list.empty()) {
    const auto start = hexadecimal(take_word(list));
    const auto length = hexadecimal(take_word(list));
    const std::string_view kind = take_word(list);
    if (!start || !length) break;
    const std::int64_t end = std::min(to, *start + *length);
    if (kind.find("zero") != std::string_view::npos)
      sum += std::max<std::int64_t>(0, end - std::max(from, *start));
  }
  return sum;
}

}  // namespace

std::optional<std::int64_t> NbdkitLog::feed(std::string_view line) {
  take_word(line);  // date
  take_word(line);  // time
  std::string_view connection = take_word(line);
  if (!take_prefix(connection, "connection=")) return std::nullopt;
  std::string_view verb = take_word(line);
  const bool is_answer = take_prefix(verb, "...");
  if (verb != "Read" && verb != "Extents") return std::nullopt;
  const auto connection_number = number<std::int64_t>(connection);
  const auto id = field(line, "id");
  const auto id_number = id ? number<std::int64_t>(*id) : std::nullopt;
  if (!connection_number || !id_number) return std::nullopt;
  const Key key{*connection_number, *id_number};
  if (is_answer) return answered(key, verb, line);
  asked(key, line);
  return std::nullopt;
}

void NbdkitLog::asked(const Key& key, std::string_view fields) {
  const auto offset = field(fields, "offset");
  const auto count = field(fields, "count");
  if (!offset || !count || pending_.size() >= options_.pending_max) return;
  const auto from = hexadecimal(*offset);
  const auto length = hexadecimal(*count);
  if (from && length) pending_[key] = {*from, *length};
}

std::optional<std::int64_t> NbdkitLog::answered(const Key& key, std::string_view verb,
                                                std::string_view fields) {
  const auto at = pending_.find(key);
  if (at == pending_.end()) return std::nullopt;
  const Request request = at->second;
  pending_.erase(at);
  if (field(fields, "return") != "0") return std::nullopt;
  const std::int64_t gained =
      verb == "Read" ? request.count : hole_bytes(fields, request.offset, request.offset + request.count);
  if (gained == 0) return std::nullopt;
  covered_ += gained;
  return covered_;
}

}  // namespace godwit::worker::parse
