// An Overview as one instance gives it to another. Pure; not part of the public contract.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumers/dashboard/reading.h"

namespace godwit::dashboard {

std::string to_wire(const Overview& overview);
// nullopt for anything to_wire() would not write.
std::optional<Overview> read_wire(std::string_view json);

}  // namespace godwit::dashboard
