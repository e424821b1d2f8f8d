// What kind of address a text is: formats have a field for each, and say "address" to nothing else. Pure.
#pragma once

#include <string>

namespace godwit::audit {

enum class AddressKind { ipv4, ipv6, other };

AddressKind kind_of_address(const std::string& text);

}  // namespace godwit::audit
