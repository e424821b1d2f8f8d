// Mail addresses, as far as Godwit writes them: local@domain in ASCII, with a name before it if need be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace godwit::webhooks::kinds {

struct Mailbox {
  std::string name;     // without quotes; empty: none
  std::string address;  // local@domain
};

// "local@domain" or "Name <local@domain>"; nullopt for anything else, control characters (CR and LF first)
// among it.
std::optional<Mailbox> parse_mailbox(std::string_view text);

std::string_view domain_of(std::string_view address);

}  // namespace godwit::webhooks::kinds
