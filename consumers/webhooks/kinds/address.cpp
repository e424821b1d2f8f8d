#include "consumers/webhooks/kinds/address.h"

#include <algorithm>

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t address_bytes_max = 254;  // RFC 5321, of a path
constexpr std::size_t local_bytes_max = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 5322 dot-atom: no quotes, no dot at an end, no two together.
bool is_dot_atom(std::string_view text, std::string_view also) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || c == '.' || also.find(c) != std::string_view::npos;
  });
}

bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || text.size() > address_bytes_max || at > local_bytes_max) return false;
  return is_dot_atom(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~") && is_dot_atom(text.substr(at + 1), "-");
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

std::optional<Mailbox> parse_mailbox(std::string_view text) {
  text = trim(text);
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), control)) return std::nullopt;
  if (!text.ends_with('>'))
    return is_address(text) ? std::optional{Mailbox{{}, std::string{text}}} : std::nullopt;
  const std::size_t open = text.find('<');
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view address = text.substr(open + 1, text.size() - open - 2);
  std::string_view name = trim(text.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  if (!is_address(address) || name.find_first_of("\"\\<>") != std::string_view::npos) return std::nullopt;
  return Mailbox{std::string{name}, std::string{address}};
}

std::string_view domain_of(std::string_view address) { return address.substr(address.find('@') + 1); }

}  // namespace godwit::webhooks::kinds
